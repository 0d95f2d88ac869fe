// Runs before the first paint: the theme and the width of the rail, so that nothing flashes.
(function () {
  var root = document.documentElement;
  var stored = function (key) { try { return localStorage.getItem(key); } catch (e) { return null; } };
  var dark = matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var wish = stored("theme") || root.dataset.theme || "system";
    root.dataset.bsTheme = wish === "system" ? (dark.matches ? "dark" : "light") : wish;
  }
  apply();
  dark.addEventListener("change", apply);
  window.tandemTheme = {
    current: function () { return stored("theme") || root.dataset.theme || "system"; },
    set: function (wish) { try { localStorage.setItem("theme", wish); } catch (e) { root.dataset.theme = wish; } apply(); }
  };
  if (stored("rail") === "narrow") root.dataset.rail = "narrow";
})();

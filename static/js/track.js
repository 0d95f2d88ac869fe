// Tandem's page counter: one random id in a cookie of this very site, one small message a page.
// Does nothing, and forgets the id, if the browser says Do Not Track or Global Privacy Control.
(function (d, w, n) {
  var me = d.currentScript, base = new URL(me.src).origin, name = "tandem_visitor", last;
  function keep(id, age) {
    d.cookie = name + "=" + id + ";path=/;max-age=" + age + ";SameSite=Lax" + (location.protocol == "https:" ? ";Secure" : "");
  }
  if (n.doNotTrack == "1" || w.doNotTrack == "1" || n.globalPrivacyControl) return keep("", 0);
  var id = (d.cookie.match(/(?:^|; )tandem_visitor=([0-9a-f]{32})/) || [])[1] ||
    Array.from(crypto.getRandomValues(new Uint8Array(16)), function (b) { return (b + 256).toString(16).slice(1); }).join("");
  keep(id, 34e6); // about 13 months

  // Of the address only the page and its utm_ values leave the browser.
  function page() {
    var kept = new URLSearchParams();
    new URLSearchParams(location.search).forEach(function (v, k) { if (/^utm_/i.test(k)) kept.append(k.toLowerCase(), v); });
    kept = "" + kept;
    return location.origin + location.pathname + (kept && "?" + kept);
  }
  function view() {
    var url = page();
    if (url == last) return;
    n.sendBeacon(base + "/t", JSON.stringify({ v: id, u: url, t: d.title, r: last || d.referrer, w: !!n.webdriver }));
    last = url;
  }
  // Tandem's forms learn who is about to send them: in a frame, behind a link, on this page.
  function forms() {
    d.querySelectorAll("iframe[src^='" + base + "/f/'],a[href^='" + base + "/f/']").forEach(function (el) {
      var key = el.src ? "src" : "href", url = new URL(el[key]);
      if (url.searchParams.has("v")) return;
      url.searchParams.set("v", id);
      new URLSearchParams(page().split("?")[1]).forEach(function (v, k) { url.searchParams.has(k) || url.searchParams.set(k, v); });
      if (el.href) return void (el.href = url);
      // A new frame: a browser may drop a second address that comes while the first still loads.
      var fresh = el.cloneNode();
      fresh.src = url;
      el.replaceWith(fresh);
    });
    d.querySelectorAll("input[name=" + name + "]").forEach(function (el) { el.value = id; });
  }
  function start() {
    view(); forms();
    var push = history.pushState;
    history.pushState = function () { push.apply(history, arguments); setTimeout(view); };
    w.addEventListener("popstate", view);
  }
  if (d.prerendering) d.addEventListener("prerenderingchange", start, { once: true });
  else if (d.readyState == "loading") d.addEventListener("DOMContentLoaded", start);
  else start();
})(document, window, navigator);

// In a page that embeds Tandem's forms: each frame gets the height that its form says.
(function (me) {
  var base = new URL(me.src).origin;
  window.addEventListener("message", function (event) {
    var data = event.data;
    if (event.origin !== base || !data || data.tandem !== "height" || !(data.height > 0)) return;
    document.querySelectorAll("iframe").forEach(function (frame) {
      if (frame.contentWindow === event.source) frame.style.height = Math.min(Math.ceil(data.height), 5000) + "px";
    });
  });
})(document.currentScript);

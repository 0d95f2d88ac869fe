// In a frame of another page: tells that page how high the form is, so that nothing is cut off.
(function () {
  var told = 0;
  function tell() {
    var height = Math.ceil(document.querySelector("main").getBoundingClientRect().bottom + window.scrollY);
    if (height === told || window.parent === window) return;
    told = height;
    window.parent.postMessage({ tandem: "height", height: height }, "*");
  }
  new ResizeObserver(tell).observe(document.querySelector("main"));
  tell();
})();

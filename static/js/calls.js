// A tapped telephone number: back from the call, ask how it went. Without it the number just calls.
(function () {
  "use strict";
  const LONGEST = 4 * 3600 * 1000;
  let call = null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-called], a[data-call-log]");
    if (link) call = { link, at: Date.now(), left: false };
  });
  const left = () => { if (call) call.left = true; };
  function back() {
    if (!call || !call.left) return;
    const { link, at } = call, spent = Date.now() - at;
    call = null;
    if (spent > LONGEST) return;
    const minutes = Math.max(1, Math.round(spent / 60000));
    if (link.dataset.callLog) { tandem.openDialog(`${link.dataset.callLog}?minutes=${minutes}`); return; }
    const tab = document.querySelector(link.dataset.called);
    if (!tab) return;
    htmx.ajax("GET", tab.href, { source: tab, target: "#composer", swap: "outerHTML", values: { minutes } })
      .then(() => tandem.announce("How did the call go?")).catch(() => {});
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) left(); else back(); });
})();

// What every page does: toasts, dialogs, drawer, rows and their bulk bar, countdowns, polling,
// unsaved forms, errors of the network. Hooks are data attributes: docs/components.md.
(function () {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const on = (type, handle, options) => document.addEventListener(type, handle, options);
  const csrf = () => (/(?:^|; )csrftoken=([^;]+)/.exec(document.cookie) || [])[1] || $("meta[name=csrf-token]").content;

  // Saying things ------------------------------------------------------------------------------
  function announce(text) {
    const live = $("#live");
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 50);
  }
  function keep(item) {
    const box = $("#toasts");
    if (box.showPopover) { // the top layer: above an open dialog
      box.popover = "manual";
      if (box.matches(":popover-open")) box.hidePopover();
      box.showPopover();
    }
    const undo = $("form", item);
    const close = () => item.remove();
    let timer = null;
    const wait = () => { timer = setTimeout(close, undo ? 10000 : item.matches(".toast-error") ? 20000 : 5000); };
    ["pointerenter", "focusin"].forEach((type) => item.addEventListener(type, () => clearTimeout(timer)));
    ["pointerleave", "focusout"].forEach((type) => item.addEventListener(type, () => { clearTimeout(timer); wait(); }));
    if (undo) undo.addEventListener("htmx:afterRequest", close);
    item.dataset.kept = "1";
    wait();
  }
  function keepNew() { $$("#toasts [data-toast]:not([data-kept])").forEach(keep); }
  function toast(text, { level = "info", retry = null, label = "Retry" } = {}) {
    const item = $("#toast-template").content.firstElementChild.cloneNode(true);
    item.className = `toast-item toast-${level}`;
    $("p", item).textContent = text;
    if (retry) {
      const again = document.createElement("button");
      again.type = "button";
      again.className = "btn btn-quiet btn-sm";
      again.textContent = label;
      again.addEventListener("click", () => { item.remove(); retry(); });
      $("p", item).after(again);
    }
    $("#toasts").append(item);
    keep(item);
    announce(text);
  }

  // Errors: the page stays as it was, the toast offers to try again ------------------------------
  function failed(event, words) {
    const { elt, requestConfig } = event.detail;
    const id = event.detail.xhr && event.detail.xhr.getResponseHeader("X-Request-ID");
    const { verb, path, parameters, target } = requestConfig;
    const retry = () => htmx.ajax(verb.toUpperCase(), path, { source: elt.isConnected ? elt : document.body, target, values: parameters }).catch(() => {});
    toast(words + (id ? ` Request ${id}.` : ""), { level: "error", retry });
  }
  on("htmx:sendError", (event) => failed(event, "No connection. Nothing was saved."));
  on("htmx:timeout", (event) => failed(event, "The server did not answer in time."));
  on("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) loggedOut();
    else if (status === 403) toast("You may not do this. Ask an administrator, or reload if you logged in again.", { level: "error" });
    else if (status === 404) toast("This is no longer here. Reload the page.", { level: "error" });
    else if (status === 429) toast("Too many requests. Wait a moment.", { level: "warning" });
    else if (status >= 500) failed(event, "Something broke on our side. Nothing was changed.");
    else toast("The request was refused.", { level: "error" });
  });
  function loggedOut() { // said once: the page stays as it is, log-in opens beside it
    if ($("#toasts [data-out]")) return;
    toast("You are logged out. What you typed is still here.", { level: "error", label: "Log in", retry: () => window.open("/login/", "_blank", "noopener") });
    $("#toasts").lastElementChild.dataset.out = "1";
  }
  on("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrf();
    if (event.target.matches("[data-filters]")) {
      const given = event.detail.parameters; // blank filters do not belong into the address
      for (const name of Object.keys(given)) if (given[name] === "") delete given[name];
    }
  });

  // Dialog and drawer: one of each, filled by a link -----------------------------------------------
  let opener = null;
  async function fill(box, url) {
    box.innerHTML = '<div class="dialog-body"><div class="skeleton"><span></span><span></span><span></span></div></div>';
    if (!box.open) box.showModal();
    await htmx.ajax("GET", url, { target: box, swap: "innerHTML" }).catch(() => {});
    if (!box.firstElementChild || !$("h2", box)) return box.close();
    land(box);
  }
  function land(box) {
    const place = $("[data-errors]", box) || $("[data-autofocus], [autofocus]", box) || $("h2", box);
    if (place) place.focus();
  }
  function open(box, url) {
    opener = opener && opener.isConnected && box.open ? opener : document.activeElement;
    return fill(box, url);
  }
  const openDialog = (url) => open($("#dialog"), url);
  const openDrawer = (url) => open($("#drawer"), url);
  function closeAll() { $$("dialog[open]").forEach((box) => box.close()); }
  function clean(box) {
    const form = $("form[data-unsaved]", box);
    return !form || !form.dataset.dirty || confirm("Leave without saving?");
  }
  $$("dialog").forEach((box) => {
    box.addEventListener("close", () => {
      if (box.matches("#dialog, #drawer")) box.textContent = "";
      if ($("dialog[open]")) return;
      if (opener && opener.isConnected) opener.focus();
      else restore();
      opener = null;
    });
    box.addEventListener("cancel", (event) => { if (event.target === box && !clean(box)) event.preventDefault(); });
    box.addEventListener("mousedown", (event) => { if (event.target === box && clean(box)) box.close(); });
  });
  on("tandem:close", closeAll);
  on("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    let hit = null;
    if ((hit = at("[data-close]"))) { const box = hit.closest("dialog"); if (box && clean(box)) box.close(); }
    else if ((hit = at("[data-toast-close]"))) hit.closest("[data-toast]").remove();
    else if (plain && (hit = at("[data-dialog]"))) { event.preventDefault(); openDialog(dialogUrl(hit)); }
    else if (plain && (hit = at("[data-drawer]"))) { event.preventDefault(); openDrawer(hit.dataset.drawer || hit.href); }
    else if ((hit = at("[data-copy]"))) navigator.clipboard.writeText(hit.dataset.copy).then(() => toast("Copied", { level: "success" }));
    else if (at("[data-print]")) print();
    else if ((hit = at("[data-set-theme]"))) setTheme(hit);
    else if (at("[data-rail-toggle]")) toggleRail();
    else if (at("[data-bulk-clear]")) choose(checks(), false);
    else if (at("[data-bulk-everything]")) everything();
  });
  function dialogUrl(hit) { // a button of the bulk bar brings the chosen rows along
    const url = hit.dataset.dialog || hit.getAttribute("formaction") || hit.href;
    if (!hit.form) return url;
    const chosen = new URLSearchParams(new FormData(hit.form));
    chosen.delete("csrfmiddlewaretoken");
    return url + (url.includes("?") ? "&" : "?") + chosen;
  }
  on("click", (event) => { // asked before everything else hears of the click
    const hit = event.target.closest("[data-confirm]");
    if (!hit || hit.dataset.sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const box = $("#confirm");
    const yes = $("[data-confirm-yes]", box);
    $("h2", box).textContent = hit.dataset.confirm;
    yes.textContent = hit.textContent.trim() || "Yes";
    opener = hit;
    box.showModal();
    yes.onclick = () => { box.close(); hit.dataset.sure = "1"; hit.click(); delete hit.dataset.sure; };
  }, true);

  // Theme and rail -----------------------------------------------------------------------------------
  function showTheme() { $$("[data-set-theme]").forEach((b) => b.setAttribute("aria-pressed", b.dataset.setTheme === tandemTheme.current())); }
  function setTheme(button) {
    tandemTheme.set(button.dataset.setTheme);
    showTheme();
    const url = button.closest("[data-theme-menu]").dataset.url;
    if (url) fetch(url, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ theme: button.dataset.setTheme }) }).catch(() => {});
  }
  function toggleRail() {
    const root = document.documentElement;
    const narrow = root.dataset.rail !== "narrow";
    if (narrow) root.dataset.rail = "narrow"; else delete root.dataset.rail;
    try { localStorage.setItem("rail", narrow ? "narrow" : "wide"); } catch (error) { /* private window */ }
    showRail();
  }
  function showRail() {
    const toggle = $("[data-rail-toggle]");
    if (!toggle) return;
    const narrow = document.documentElement.dataset.rail === "narrow";
    toggle.setAttribute("aria-expanded", !narrow);
    toggle.title = narrow ? "Widen the menu" : "Collapse the menu";
    toggle.setAttribute("aria-label", toggle.title);
  }

  // Rows: chosen ones and what can be done with them ---------------------------------------------------
  const checks = () => $$("[data-check]");
  function choose(boxes, state) { boxes.forEach((box) => { box.checked = state; }); showBulk(); }
  function showBulk() {
    const bar = $("[data-bulk]");
    if (!bar) return;
    const boxes = checks();
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => { const row = box.closest("[data-row], tr"); if (row) row.classList.toggle("is-chosen", box.checked); });
    const all = $("[data-check-all]");
    if (all) { all.checked = chosen.length > 0 && chosen.length === boxes.length; all.indeterminate = chosen.length > 0 && !all.checked; }
    if (bar.hidden && chosen.length) announce(`${chosen.length} chosen. Actions are at the end of the list.`);
    bar.hidden = !chosen.length;
    $("[data-bulk-all]", bar).value = "";
    $("[data-bulk-count]", bar).textContent = chosen.length;
    const more = $("[data-bulk-everything]", bar);
    if (more) more.hidden = chosen.length !== boxes.length || Number(bar.dataset.total) <= boxes.length;
  }
  function everything() {
    const bar = $("[data-bulk]");
    $("[data-bulk-all]", bar).value = "1";
    $("[data-bulk-count]", bar).textContent = Number(bar.dataset.total).toLocaleString(document.documentElement.lang);
    $("[data-bulk-everything]", bar).hidden = true;
    announce(`All ${bar.dataset.total} ${bar.dataset.what} chosen`);
  }
  let lastCheck = null;
  on("click", (event) => { // Shift chooses the rows in between
    if (!event.target.matches("[data-check]")) return;
    const boxes = checks();
    if (event.shiftKey && lastCheck && boxes.includes(lastCheck)) {
      const [from, to] = [boxes.indexOf(lastCheck), boxes.indexOf(event.target)].sort((a, b) => a - b);
      choose(boxes.slice(from, to + 1), event.target.checked);
    }
    lastCheck = event.target;
  });
  on("change", (event) => {
    if (event.target.matches("[data-check-all]")) choose(checks(), event.target.checked);
    else if (event.target.matches("[data-check]")) showBulk();
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // Focus never falls to <body> ---------------------------------------------------------------------
  let place = null; // where the focus was when a request began: its rows, and which of them
  const rows = () => $$("[data-row]").filter((row) => row.offsetParent);
  function remember(element) {
    const row = element && element.closest && element.closest("[data-row]");
    const dialogRow = row || (opener && opener.closest && opener.closest("[data-row]"));
    if (dialogRow) place = { row: dialogRow, index: rows().indexOf(dialogRow) };
    else if (!$("dialog[open]")) place = null;
  }
  function restore() {
    const lost = !document.activeElement || document.activeElement === document.body;
    if (!lost || !place || place.row.isConnected) return;
    const left = rows();
    const next = left[Math.min(place.index, left.length - 1)] || $("main");
    place = null;
    if (next.matches("[data-row]")) current(next);
    else next.focus();
  }
  function current(row) {
    $$(".is-current").forEach((old) => old.classList.remove("is-current"));
    if (!row) return;
    row.classList.add("is-current");
    if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  on("focusin", (event) => remember(event.target));
  on("htmx:afterSettle", (event) => {
    const into = event.detail.elt || event.target;
    fresh(document);
    const box = into.closest && into.closest("dialog[open]");
    const errors = $("[data-errors]", into) || (into.matches && into.matches("[data-errors]") ? into : null);
    if (errors) firstError(errors);
    else if (box && !box.contains(document.activeElement)) land(box);
    else { const wish = $("[data-autofocus]", into); if (wish) wish.focus(); }
    $$("[data-announce]", into).forEach((item) => { announce(item.dataset.announce); delete item.dataset.announce; });
  });
  on("htmx:afterRequest", () => setTimeout(() => { fresh(document); restore(); }, 50)); // also when a row was only taken away
  function firstError(summary) {
    const field = $("[aria-invalid=true], .is-invalid", summary.closest("form") || document);
    (field || summary).focus();
  }

  // Time --------------------------------------------------------------------------------------------
  const span = (seconds) => {
    const d = Math.floor(seconds / 86400), h = Math.floor(seconds % 86400 / 3600), m = Math.floor(seconds % 3600 / 60);
    const parts = d ? [[d, "d"], [h, "h"]] : h ? [[h, "h"], [m, "m"]] : [[m, "m"]];
    return parts.filter(([n]) => n).map(([n, unit]) => `${n} ${unit}`).join(" ") || "less than 1 m";
  };
  function tick() {
    $$("[data-countdown]").forEach((item) => {
      const time = $("time", item), due = Date.parse(time.dateTime), left = (due - Date.now()) / 1000;
      const begun = Date.parse(item.dataset.start || ""), spent = begun ? (Date.now() - begun) / (due - begun) : 0;
      const state = left < 0 ? "is-over" : spent >= 0.75 ? "is-warn" : "is-left";
      const text = left < 0 ? `overdue ${span(-left)}` : `${span(left)} left`;
      if (time.textContent !== text) time.textContent = text;
      if (item.classList.contains(state)) return;
      item.classList.remove("is-left", "is-warn", "is-over");
      item.classList.add(state); // said only when it turns, not at each minute
      $("use", item).setAttribute("href", $("use", item).getAttribute("href").replace("#clock", "#alert-triangle"));
      const row = item.closest("[data-row]");
      announce(`${row && $("a", row) ? $("a", row).textContent.trim() + ": " : ""}${text}`);
    });
  }
  setInterval(() => { if (!document.hidden) tick(); }, 30000);
  setInterval(() => {
    if (document.hidden) return;
    const now = Date.now();
    $$("[data-poll]").forEach((item) => {
      if (now - (item.tandemAsked || started) < item.dataset.poll * 1000) return;
      item.tandemAsked = now;
      htmx.trigger(item, "poll");
    });
  }, 1000);
  const started = Date.now();

  // Forms -------------------------------------------------------------------------------------------
  on("change", (event) => { // leaving the search field: its list was asked for as one typed
    if (event.target.matches("[data-filters] [data-search]")) event.stopPropagation();
  }, true);
  on("input", (event) => { const form = event.target.closest("form[data-unsaved]"); if (form) form.dataset.dirty = "1"; });
  on("submit", (event) => { delete event.target.dataset.dirty; });
  addEventListener("beforeunload", (event) => { if ($("form[data-dirty]")) event.preventDefault(); });

  function fresh(from) {
    keepNew();
    showBulk();
    $$("[data-bs-toggle=tooltip]", from).forEach((item) => bootstrap.Tooltip.getOrCreateInstance(item, { trigger: "hover focus" }));
    $$(".lazy[aria-busy] > :not(.skeleton)", from).forEach((item) => item.parentElement.removeAttribute("aria-busy"));
    $$("[data-tab]").forEach((tab) => { if (tab.href === location.href) { $$("[aria-current]", tab.parentElement).forEach((t) => t.removeAttribute("aria-current")); tab.setAttribute("aria-current", "page"); } });
  }
  Object.assign(window, { tandem: { toast, announce, openDialog, openDrawer, csrf, rows, current, choose, checks, closeAll } });
  on("DOMContentLoaded", () => {
    fresh(document);
    showTheme();
    showRail();
    const said = $$("#toasts [data-toast] p").map((p) => p.textContent).join(" ");
    if (said) announce(said);
    const errors = $("[data-errors]"), conflict = $(".notice[data-autofocus]");
    if (errors) firstError(errors);
    else if (conflict) conflict.focus();
    if (!/Mac|iP/.test(navigator.platform)) $$("[data-mod]").forEach((key) => { key.textContent = "Ctrl K"; });
  });
})();

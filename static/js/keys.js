// The keyboard: single letters, the palette, the help. Letters are off in inputs and can be switched off.
(function () {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const GO = { home: "g m", leads: "g l", handoffs: "g h", handoff: "g h", deals: "g d", activities: "g a", campaigns: "g c", reports: "g r", feedback: "g f", companies: "g o", imports: "g i", settings: "g s" };
  const stored = (key) => { try { return localStorage.getItem(key); } catch (error) { return null; } };
  const lettersOn = () => (stored("keys") || document.body.dataset.keys || "on") !== "off";
  const typing = (el) => el.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const visible = (el) => el.offsetParent !== null || el.getClientRects().length > 0;
  let waiting = "", timer = null;

  function goLinks() { return $$("[data-nav]").filter((link) => GO[link.dataset.nav]); }

  // A letter clicks its element: in the current row first, then in the open dialog, else on the page.
  function press(key) {
    const row = $(".is-current");
    const find = (from) => $$(`[data-key="${CSS.escape(key)}" i]`, from).find((el) => !el.disabled && (visible(el) || el.closest(".dropdown-menu")));
    const box = $("dialog[open]");
    const hit = box ? find(box) : (row && find(row)) || find(document);
    if (hit) { hit.focus(); hit.click(); return true; }
    if (box) return false;
    const link = goLinks().find((item) => GO[item.dataset.nav] === key);
    if (link) { location.assign(link.href); return true; }
    return false;
  }
  function step(by) {
    const rows = tandem.rows();
    if (!rows.length) { // inside a record: the list's next and previous
      const link = $(by > 0 ? "a[rel=next]" : "a[rel=prev]");
      if (link) link.click();
      return;
    }
    const at = rows.indexOf($(".is-current"));
    tandem.current(rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]);
  }
  function onRow(key, event) {
    const row = $(".is-current");
    if (!row || $("dialog[open]") || (event.target !== row && event.target !== document.body)) return false;
    if (key === "Enter") { const link = $("a[href]", row); if (link) link.click(); return Boolean(link); }
    if (key === " " && row.dataset.peek) { tandem.openDrawer(row.dataset.peek); return true; }
    if (key === "x") { const box = $("[data-check]", row); if (box) tandem.choose([box], !box.checked); return Boolean(box); }
    return false;
  }
  function fixed(key) {
    if ($("dialog[open]")) return false;
    if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "/") { const field = $("[data-search]"); if (!field) return openPalette(); field.focus(); field.select(); }
    else if (key === "?") openHelp();
    else return false;
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || !event.target.matches) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target)) return undefined;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (onRow(key, event)) return event.preventDefault();
    if (!lettersOn() || key.length > 1 || key === " " || $(".dropdown-menu.show")) return undefined;
    const whole = waiting ? `${waiting} ${key}` : key;
    clearTimeout(timer);
    waiting = "";
    if (press(whole) || (whole === key && fixed(key))) return event.preventDefault();
    if (key === "g") { waiting = "g"; timer = setTimeout(() => { waiting = ""; }, 1200); }
    return undefined;
  });
  document.addEventListener("focusin", (event) => { // Tab and pointer move the current row too
    const row = event.target.closest("[data-row]");
    if (row && !row.classList.contains("is-current")) { $$(".is-current").forEach((old) => old.classList.remove("is-current")); row.classList.add("is-current"); }
  });

  // Help: what works here, read off the page -----------------------------------------------------------
  function line(keys, words) {
    const item = document.createElement("dd"), caps = document.createElement("span");
    keys.split(" ").forEach((key) => { const cap = document.createElement("kbd"); cap.textContent = key.toUpperCase(); caps.append(cap); });
    item.append(caps, words);
    return item;
  }
  const nameOf = (el) => el.getAttribute("aria-label") || ($("span", el) || el).textContent.trim();
  function openHelp() {
    const go = $("[data-help-go]"), here = $("[data-help-here]"), seen = new Set(["c"]);
    $$("dd", go).concat($$("dd", here)).forEach((item) => item.remove());
    goLinks().forEach((link) => go.append(line(GO[link.dataset.nav], $(".rail-text", link).textContent)));
    $$("[data-key]").forEach((el) => { const key = el.dataset.key.toLowerCase(); if (!seen.has(key)) { seen.add(key); here.append(line(key, nameOf(el).replace(/\s*\S$/, (end) => (end.trim().toLowerCase() === key ? "" : end)))); } });
    $("[data-keys-switch]").checked = lettersOn();
    $("#help").showModal();
    $("#help-title").focus();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help]")) openHelp();
    if (event.target.closest("[data-palette]")) openPalette();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-keys-switch]")) return;
    try { localStorage.setItem("keys", event.target.checked ? "on" : "off"); } catch (error) { document.body.dataset.keys = event.target.checked ? "on" : "off"; }
  });

  // Palette: pages and actions of the frame at once, records from the server ---------------------------
  const box = $("#palette");
  if (!box) return;
  const input = $("#palette-input"), list = $("#palette-list");
  let asked = 0, delay = null, records = "";
  function openPalette() {
    if (box.open) return true;
    input.value = "";
    records = "";
    box.showModal();
    show();
    ask();
    input.focus();
    return true;
  }
  const iconOf = (el) => { const icon = $("svg", el); return icon ? icon.outerHTML : ""; };
  function option(el, words, hint) {
    const link = document.createElement("a");
    link.className = "palette-option";
    link.setAttribute("role", "option");
    link.href = el.href;
    link.tabIndex = -1;
    link.innerHTML = iconOf(el);
    const text = document.createElement("span");
    text.textContent = words;
    link.append(text);
    if (hint) { const cap = document.createElement("kbd"); cap.textContent = hint.toUpperCase(); link.append(cap); }
    return link;
  }
  function everything(words) {
    const link = document.createElement("a");
    link.href = `${box.dataset.searchUrl}?q=${encodeURIComponent(words)}`;
    link.innerHTML = $(".palette-field svg", box).outerHTML;
    return link;
  }
  function group(title, options) {
    if (!options.length) return;
    const wrap = document.createElement("div"), head = document.createElement("div");
    wrap.setAttribute("role", "group");
    wrap.setAttribute("aria-label", title);
    head.className = "palette-group";
    head.setAttribute("aria-hidden", "true");
    head.textContent = title;
    wrap.append(head, ...options.slice(0, 12));
    list.append(wrap);
  }
  function show() {
    const raw = input.value.trim(), actionsOnly = raw.startsWith(">"), words = raw.replace(/^>\s*/, "").toLowerCase();
    const fits = (text) => text.toLowerCase().includes(words);
    list.innerHTML = actionsOnly ? "" : records;
    group("Actions", $$("[data-new]").map((el) => ({ el, text: `New ${$("span", el).textContent.toLowerCase()}` })).filter((a) => fits(a.text)).map((a) => option(a.el, a.text, "")));
    if (!actionsOnly) group("Pages", $$("[data-nav]").map((el) => ({ el, text: $(".rail-text", el).textContent })).filter((p) => fits(p.text)).map((p) => option(p.el, p.text, GO[p.el.dataset.nav])));
    if (!actionsOnly && words.length > 1) group("Notes, e-mails and quotes", [option(everything(raw), `Search everything for “${raw}”`, "")]);
    if (!$("[role=option]", list)) { const none = document.createElement("div"); none.className = "palette-none"; none.setAttribute("role", "option"); none.setAttribute("aria-disabled", "true"); none.textContent = "Nothing found."; list.append(none); }
    $$("[role=option]", list).forEach((item, index) => { item.id = `palette-${index}`; });
    select(0);
  }
  function select(index) {
    const options = $$("[role=option]", list);
    options.forEach((item, at) => item.setAttribute("aria-selected", at === index));
    if (!options[index]) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", options[index].id);
    return options[index].scrollIntoView({ block: "nearest" });
  }
  async function ask() {
    const turn = ++asked;
    if (!box.dataset.url) return;
    try {
      const answer = await fetch(`${box.dataset.url}?q=${encodeURIComponent(input.value)}`, { headers: { "HX-Request": "true" } });
      if (turn !== asked || !answer.ok) return;
      records = await answer.text();
      show();
    } catch (error) { records = ""; }
  }
  input.addEventListener("input", () => { records = input.value ? records : ""; show(); clearTimeout(delay); delay = setTimeout(ask, 150); });
  input.addEventListener("keydown", (event) => {
    const options = $$("[role=option]", list), at = options.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select((at + 1) % options.length);
    else if (event.key === "ArrowUp") select((at - 1 + options.length) % options.length);
    else if (event.key === "Enter" && options[at] && options[at].href) options[at].click();
    else if (event.key === "Enter" && box.dataset.searchUrl) location.assign(`${box.dataset.searchUrl}?q=${encodeURIComponent(input.value)}`);
    else if (event.key === "Escape") box.close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointermove", (event) => { const hit = event.target.closest("[role=option]"); if (hit) $$("[role=option]", list).forEach((item) => item.setAttribute("aria-selected", item === hit)); });
})();

// The board: cards move by drag, by Shift and arrow, or by their dialog. A move shows at once; what
// the server refuses is put back. Others' moves come by polling, never while something is dragged.
(function () {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  let dragging = false;

  const board = () => $("[data-board]");
  const listOf = (stage) => $(`.board-cards[data-stage="${stage}"]`);
  const address = (card) => $(".deal-name", card).getAttribute("href");
  const version = (card) => $("[name=known]", card).value.split(".")[1];
  const nameOf = (card) => $(".deal-name", card).textContent.trim();

  // Putting a card somewhere keeps the focus that is in it ------------------------------------------
  function place(card, list, before = list.firstElementChild) {
    const focused = card.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(card, before);
    if (focused) focused.focus({ preventScroll: true });
  }
  function putBack(card) {
    const home = card.tandemHome;
    if (!home) return;
    place(card, home.list, home.next && home.next.parentNode === home.list ? home.next : null);
    delete card.tandemHome;
  }

  // A move: shown first, then asked for; the answer is the card as the server has it ------------------
  function move(card, list, home) {
    card.tandemHome = home;
    tandem.announce(`${nameOf(card)} to ${list.dataset.name}`);
    htmx.ajax("POST", `${address(card)}move/${location.search}`, {
      source: card, target: card, swap: "outerHTML",
      values: { stage: list.dataset.stage, version: version(card) },
    });
  }
  function failed(event) {
    const card = event.detail.elt;
    if (card && card.matches && card.matches("[data-deal]")) putBack(card);
  }
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((type) => document.addEventListener(type, failed));

  // A stage that lets no deal go without its exit criteria: the dialog says what is missing
  document.addEventListener("deal-blocked", (event) => tandem.openDialog(event.detail.url));

  // Dragging ---------------------------------------------------------------------------------------
  function dropped(event) {
    dragging = false;
    document.body.classList.remove("is-dragging");
    const { item: card, from, to } = event;
    const home = { list: from, next: card.tandemNext };
    if (to === from) { card.tandemHome = home; return putBack(card); }
    if (to.dataset.zone) { // closing asks first: nothing has happened yet
      card.tandemHome = home;
      putBack(card);
      const link = $(".deal-name", card);
      link.focus({ preventScroll: true });
      return tandem.openDialog(`${address(card)}${to.dataset.zone}/`);
    }
    return move(card, to, home);
  }
  function makeSortable(list) {
    if (list.dataset.ready) return;
    list.dataset.ready = "1";
    Sortable.create(list, {
      group: "deals", draggable: ".deal-card", ghostClass: "is-ghost", sort: !list.dataset.zone,
      delay: 250, delayOnTouchOnly: true, touchStartThreshold: 6, animation: 0,
      filter: ".btn", preventOnFilter: false,
      onStart(event) {
        dragging = true;
        event.item.tandemNext = event.item.nextElementSibling;
        document.body.classList.add("is-dragging");
      },
      onEnd: dropped,
    });
  }

  // The keyboard: Shift and an arrow take the current card to the neighbouring stage -------------------
  document.addEventListener("keydown", (event) => {
    if (!event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key) || !board()) return;
    const card = event.target.closest && event.target.closest("[data-deal]");
    if (!card || !("mayMove" in board().dataset)) return;
    const lists = $$(".board-cards"), from = card.parentElement;
    const to = lists[lists.indexOf(from) + (event.key === "ArrowRight" ? 1 : -1)];
    if (!to) return;
    event.preventDefault();
    const home = { list: from, next: card.nextElementSibling };
    place(card, to);
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    move(card, to, home);
  });

  // What came from the server goes where it says ------------------------------------------------------
  function settle() {
    if (!board()) return;
    $$("[data-deal]").forEach((card) => {
      const list = card.closest(".board-cards");
      const wanted = listOf(card.dataset.stage);
      if (list && wanted && list !== wanted && !card.tandemHome) place(card, wanted);
    });
    const row = document.activeElement.closest("[data-row]");
    if (row) row.classList.add("is-current"); // settling gave the new card the server's classes
    if ("mayMove" in board().dataset) $$(".board-cards, .board-zone").forEach(makeSortable);
    watchColumns();
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (dragging && event.target.id === "board-poll") event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("htmx:afterRequest", settle);

  // On a phone one stage shows at a time; the selector above follows the swipe ---------------------------
  let watcher = null;
  function watchColumns() {
    if (watcher) watcher.disconnect();
    watcher = new IntersectionObserver((seen) => {
      const most = seen.filter((entry) => entry.isIntersecting).sort((a, b) => b.intersectionRatio - a.intersectionRatio)[0];
      if (most) markStage(most.target.id.replace("column-", ""));
    }, { root: board(), threshold: 0.6 });
    $$(".board-column").forEach((column) => watcher.observe(column));
  }
  function markStage(stage) {
    $$(".stage-selector a").forEach((link) => {
      if (link.dataset.column === stage) { link.setAttribute("aria-current", "true"); link.scrollIntoView({ block: "nearest", inline: "nearest" }); } else link.removeAttribute("aria-current");
    });
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".stage-selector a");
    if (!link) return;
    event.preventDefault();
    const column = $(`#column-${link.dataset.column}`);
    board().scrollTo({ left: column.offsetLeft - board().offsetLeft, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    markStage(link.dataset.column);
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", settle);
  else settle();
})();

// Dragging a follow-up to another day. Without it, and by touch, its dialog changes the date.
(function () {
  "use strict";
  let held = null;
  const dayOf = (event) => event.target.closest && event.target.closest("[data-calendar] [data-day]");
  const clear = () => document.querySelectorAll("[data-day].is-over").forEach((day) => day.classList.remove("is-over"));
  document.addEventListener("dragstart", (event) => {
    held = event.target.closest && event.target.closest("[data-move]");
    if (held) event.dataTransfer.effectAllowed = "move";
  });
  document.addEventListener("dragover", (event) => {
    const day = held && dayOf(event);
    if (!day) return;
    event.preventDefault();
    clear();
    day.classList.add("is-over");
  });
  document.addEventListener("dragend", () => { held = null; clear(); });
  document.addEventListener("drop", (event) => {
    const day = held && dayOf(event);
    if (!day || day.contains(held)) return;
    event.preventDefault();
    day.classList.add("is-busy");
    htmx.ajax("POST", held.dataset.move, { source: document.body, target: day, swap: "none", values: { day: day.dataset.day } })
      .catch(() => {}).finally(() => day.classList.remove("is-busy"));
  });
})();

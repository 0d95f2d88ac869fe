// A merge field's button writes the field where the cursor was last.
(() => {
  "use strict";
  let last = null;

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-fields], #id_subject, #id_subject_b, #id_preheader")) last = event.target;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-field]");
    if (!button) return;
    const target = last || document.querySelector("[data-fields]");
    if (!target) return;
    target.setRangeText(`{{ ${button.dataset.field} }}`, target.selectionStart, target.selectionEnd, "end");
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.focus();
  });
})();

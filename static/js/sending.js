// A form is sent once: its buttons rest from the first click until the answer is here.
// Where no script runs, the server knows the second form by its page (crm/repeats).
(function () {
  "use strict";
  const DOWNLOAD = 5000; // after a file the page stays: the buttons come back
  const resting = new WeakMap(); // a form and its buttons that rest
  function rest(form) {
    const pressed = document.activeElement;
    const buttons = [...form.elements].filter((item) => item.type === "submit" && !item.disabled);
    resting.set(form, { buttons, pressed: buttons.includes(pressed) ? pressed : null });
    buttons.forEach((button) => { button.disabled = true; });
  }
  function wake(form) {
    const { buttons, pressed } = resting.get(form) || { buttons: [] };
    resting.delete(form);
    delete form.dataset.sent;
    buttons.forEach((button) => { button.disabled = false; });
    if (pressed && document.activeElement === document.body) pressed.focus();
  }
  addEventListener("submit", (event) => {
    const form = event.target;
    const posts = (form.getAttribute("method") || "").toLowerCase() === "post";
    if (event.defaultPrevented || !posts) return; // htmx sends its forms itself: hx-disabled-elt
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => rest(form)); // only now has the browser read which button was pressed
    setTimeout(() => wake(form), DOWNLOAD);
  });
  addEventListener("pageshow", () => [...document.forms].forEach(wake)); // gone back to
})();

// The weekly grid: arrows and Enter move, a pasted block fills cells and is saved by one request.
(function () {
  "use strict";
  const form = document.querySelector("[data-grid]");
  if (!form) return;
  const save = form.querySelector("[data-grid-save]");
  if (save) save.classList.add("visually-hidden-focusable");
  const rows = () => [...form.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("input")]);
  function place(input) {
    const all = rows();
    const row = all.findIndex((cells) => cells.includes(input));
    return { all, row, column: row < 0 ? -1 : all[row].indexOf(input) };
  }
  function go(input, down, right) {
    const { all, row, column } = place(input);
    const next = all[row + down] && all[row + down][column + right];
    if (next) { next.focus(); next.select(); }
    return Boolean(next);
  }
  const atStart = (input) => input.selectionStart === 0 && input.selectionEnd === 0;
  const atEnd = (input) => input.selectionStart === input.value.length;
  const whole = (input) => input.selectionStart === 0 && input.selectionEnd === input.value.length;
  form.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches("td input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { Enter: [event.shiftKey ? -1 : 1, 0], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (event.key === "ArrowLeft" && (atStart(input) || whole(input))) moves.ArrowLeft = [0, -1];
    if (event.key === "ArrowRight" && (atEnd(input) || whole(input))) moves.ArrowRight = [0, 1];
    if (!moves[event.key]) return;
    event.preventDefault();
    if (!go(input, ...moves[event.key]) && event.key === "Enter") input.blur();
  });
  form.addEventListener("focusin", (event) => { if (event.target.matches("td input")) event.target.select(); });
  form.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "");
    if (!event.target.matches("td input") || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    fill(event.target, text.split("\n").map((line) => line.split("\t")));
  });
  function fill(first, block) {
    const { all, row, column } = place(first);
    const values = {};
    let left = 0;
    block.forEach((line, down) => line.forEach((text, right) => {
      const input = all[row + down] && all[row + down][column + right];
      if (!input) { left += 1; return; }
      input.value = text.trim();
      values[input.name] = input.value;
    }));
    window.htmx.ajax("POST", form.dataset.grid, { source: document.body, swap: "none", values });
    if (left) window.tandem.toast(`${left} pasted cells lie outside the grid and were left out`, { level: "warning" });
  }
  // The answer's marks are in place: say at the input what its mark says.
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    const mark = event.detail.target && document.getElementById(event.detail.target.id);
    const input = mark && mark.dataset.cell && document.getElementById(mark.dataset.cell);
    if (!input) return;
    const wrong = "error" in mark.dataset;
    input.classList.toggle("is-invalid", wrong);
    if (wrong) { input.setAttribute("aria-invalid", "true"); window.tandem.announce(mark.textContent.trim()); }
    else input.removeAttribute("aria-invalid");
  });
})();

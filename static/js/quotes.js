/* A draft being written: a product fills its line, another line is added. Sums come from the server. */
"use strict";
(() => {
  if (window.tandemQuotes) return;
  window.tandemQuotes = true;

  const field = (line, name) => line.querySelector(`[name$="-${name}"]`);

  function fill(select) {
    const line = select.closest("[data-line]");
    const { price = "", tax = "" } = select.selectedOptions[0].dataset;
    if (!select.value) return;
    field(line, "text").value = select.selectedOptions[0].text;
    field(line, "price").value = price;
    field(line, "tax_rate").value = tax;
    if (line === line.parentElement.lastElementChild) add(line.closest("form"), false);
  }

  function add(form, focus) {
    const total = form.querySelector("[name=line-TOTAL_FORMS]");
    const html = form.querySelector("#line-template").innerHTML.replaceAll("__prefix__", total.value);
    form.querySelector("#lines").insertAdjacentHTML("beforeend", html);
    total.value = Number(total.value) + 1;
    if (focus) form.querySelector("#lines").lastElementChild.querySelector("select").focus();
  }

  const show = () => document.querySelectorAll("[data-add-line]").forEach((button) => { button.hidden = false; });
  function name_currency(select) {
    select.form.querySelectorAll("[data-discount-unit] option[value=amount]").forEach((option) => {
      option.text = select.value;
    });
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-quote] select[name=currency]")) name_currency(event.target);
    if (event.target.matches("[data-quote] select[name$='-product']")) fill(event.target);
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-line]");
    if (button) add(button.closest("form"), true);
  });
  document.addEventListener("htmx:afterSettle", show);
  show();
})();

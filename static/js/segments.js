// The lists to choose from in a segment's rules: say what is chosen, find in long ones, close.
(function () {
  "use strict";
  const LONG = 12;
  const labels = (pick) => [...pick.querySelectorAll("label")];
  function say(pick) {
    const names = labels(pick).filter((label) => label.querySelector("input").checked).map((label) => label.textContent.trim());
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    pick.querySelector("[data-pick-words]").textContent = names.slice(0, 3).join(", ") + more || "Choose…";
  }
  function offerSearch(pick) {
    const box = pick.querySelector(".segment-choices");
    if (labels(pick).length < LONG || box.querySelector("[type=search]")) return;
    const find = document.createElement("input");
    find.type = "search";
    find.className = "form-control form-control-sm";
    find.setAttribute("aria-label", "Find in the list");
    find.placeholder = "Find";
    find.addEventListener("input", (event) => {
      event.stopPropagation();
      const asked = find.value.trim().toLowerCase();
      labels(pick).forEach((label) => { label.hidden = !label.textContent.toLowerCase().includes(asked); label.style.display = label.hidden ? "none" : ""; });
    });
    find.addEventListener("change", (event) => event.stopPropagation());
    find.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    box.prepend(find);
    find.focus();
  }
  document.addEventListener("change", (event) => {
    const pick = event.target.closest("[data-pick]");
    if (pick) say(pick);
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches && event.target.matches("[data-pick]") && event.target.open) offerSearch(event.target);
  }, true);
  document.addEventListener("click", (event) => {
    document.querySelectorAll("[data-pick][open]").forEach((pick) => { if (!pick.contains(event.target)) pick.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && event.target.closest && event.target.closest("[data-pick][open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();

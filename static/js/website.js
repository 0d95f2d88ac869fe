// Draws the website's visits from the data beside the canvas; again after each swap of the part.
(function () {
  var drawn;
  function draw() {
    var canvas = document.getElementById("website-chart"), data = document.getElementById("website-data");
    if (drawn) { drawn.destroy(); drawn = null; }
    if (!canvas || !data || !window.Chart) return;
    var seen = JSON.parse(data.textContent), style = getComputedStyle(document.documentElement);
    var colour = function (name) { return style.getPropertyValue(name).trim(); };
    var line = function (label, values, name, dash) {
      return { label: label, data: values, borderColor: colour(name), backgroundColor: colour(name), borderWidth: 2, borderDash: dash, pointRadius: values.length > 40 ? 0 : 2, tension: .25 };
    };
    drawn = new Chart(canvas, {
      type: "line",
      data: { labels: seen.labels, datasets: [line("Sessions", seen.sessions, "--series-1", []), line("Visitors", seen.visitors, "--series-2", [6, 4])] },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false },
        plugins: { legend: { position: "bottom", labels: { color: colour("--text"), boxWidth: 24, boxHeight: 1 } } },
        scales: {
          x: { ticks: { color: colour("--muted"), maxRotation: 0, autoSkipPadding: 16 }, grid: { display: false }, border: { color: colour("--line") } },
          y: { beginAtZero: true, ticks: { color: colour("--muted"), precision: 0 }, grid: { color: colour("--line") }, border: { display: false } }
        }
      }
    });
  }
  document.addEventListener("DOMContentLoaded", draw);
  document.addEventListener("htmx:afterSwap", function (event) { if (event.detail.target.id === "traffic") draw(); });
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
})();

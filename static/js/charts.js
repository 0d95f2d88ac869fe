// Draws every <canvas data-chart> from the JSON beside it, in the stylesheet's colours; a point is a link.
(function () {
  "use strict";
  const SHAPES = ["circle", "rect", "triangle", "rectRot", "rectRounded", "circle"];
  const drawn = new Map();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const short = new Intl.NumberFormat(document.documentElement.lang || "en", { notation: "compact", maximumFractionDigits: 1 });
  function dataset(one, place, data) {
    const paint = colour(one.colour);
    const line = one.type === "line";
    return {
      label: one.label, data: one.values, type: one.type, links: one.links || data.links || [],
      yAxisID: one.axis === "right" ? "right" : "y", stack: data.stacked ? "all" : undefined, order: line ? 0 : 1,
      borderColor: line ? paint : colour("--surface"), backgroundColor: paint, borderWidth: line ? 2 : 1,
      pointStyle: SHAPES[place % SHAPES.length], pointRadius: 3, pointHoverRadius: 6, tension: 0.2, spanGaps: true, maxBarThickness: 36, borderRadius: data.stacked ? 0 : 3,
    };
  }
  function axis(text, grid, more) {
    return { beginAtZero: true, border: { display: false }, grid: { color: grid }, ticks: { color: text, maxTicksLimit: 6, callback: (value) => short.format(value) }, ...more };
  }
  function options(data) {
    const text = colour("--muted"), grid = colour("--line");
    const scales = {
      x: { stacked: Boolean(data.stacked), grid: { display: false }, border: { color: grid }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 } },
      y: axis(text, grid, { stacked: Boolean(data.stacked) }),
    };
    if (data.series.some((one) => one.axis === "right")) scales.right = axis(text, grid, { position: "right", grid: { display: false } });
    return {
      responsive: true, maintainAspectRatio: false, animation: calm.matches ? false : { duration: 200 },
      interaction: { mode: "index", intersect: false }, scales,
      plugins: {
        legend: { display: data.series.length > 1, position: "bottom", align: "start", labels: { color: colour("--text"), usePointStyle: true, boxHeight: 7 } },
        tooltip: { usePointStyle: true },
      },
      onHover: (event, _, chart) => { event.native.target.style.cursor = link(event, chart) ? "pointer" : "default"; },
      onClick: (event, _, chart) => { const url = link(event, chart); if (url) location.assign(url); },
    };
  }
  function link(event, chart) {
    const [hit] = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false);
    return hit ? chart.data.datasets[hit.datasetIndex].links[hit.index] : "";
  }
  function draw(canvas) {
    const data = JSON.parse(canvas.parentElement.querySelector("script[type='application/json']").textContent);
    if (drawn.has(canvas)) drawn.get(canvas).destroy();
    drawn.set(canvas, new window.Chart(canvas, { type: "bar", data: { labels: data.labels, datasets: data.series.map((one, place) => dataset(one, place, data)) }, options: options(data) }));
  }
  function drawAll() {
    if (!window.Chart) return;
    window.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    window.Chart.defaults.font.size = 12;
    for (const [canvas, chart] of drawn) if (!canvas.isConnected) { chart.destroy(); drawn.delete(canvas); }
    document.querySelectorAll("canvas[data-chart]").forEach(draw);
  }
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.querySelector("canvas[data-chart]")) drawAll(); });
  new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  drawAll();
})();

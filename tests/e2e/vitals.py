"""What a page feels like in the browser: when its largest part stood, and what moved under the eye.

The bars are PERFORMANCE's: LCP 1.8 s, CLS 0.05, INP 150 ms, as web-vitals defines them.
"""

from typing import Any

from playwright.sync_api import Page

LCP, CLS, INP = 1800, 0.05, 150
OBSERVE = """
window.vitals = {lcp: 0, cls: 0, inp: 0, moved: []};
const see = (type, note, more) =>
  new PerformanceObserver(list => list.getEntries().forEach(note)).observe(
    {type, buffered: true, ...more});
const named = node => node && (node.id ? '#' + node.id : '.' + (node.className || node.nodeName));
see('largest-contentful-paint', entry => { vitals.lcp = entry.startTime; });
see('layout-shift', entry => {
  if (entry.hadRecentInput) return;
  vitals.cls += entry.value;
  for (const {node, previousRect, currentRect} of entry.sources) {
    const by = Math.round(currentRect.y - previousRect.y);
    vitals.moved.push(`${named(node)} by ${by} (${entry.value.toFixed(3)})`);
  }
});
see('event', entry => {
  if (entry.interactionId) vitals.inp = Math.max(vitals.inp, entry.duration);
}, {durationThreshold: 16});
"""


def watch_vitals(page: Page) -> Page:
    """Have every page that is opened from now on in this session measured."""
    page.context.add_init_script(OBSERVE)
    return page


def slow_or_shifting(page: Page) -> list[str]:
    """Return which bars the open page misses."""
    seen: dict[str, Any] = page.evaluate("vitals")
    found = []
    if seen["lcp"] > LCP:
        found.append(f"LCP {seen['lcp']:.0f} ms")
    if seen["cls"] > CLS:
        found.append(f"CLS {seen['cls']:.3f}: {'; '.join(seen['moved'][:6])}")
    if seen["inp"] > INP:
        found.append(f"INP {seen['inp']:.0f} ms")
    return found

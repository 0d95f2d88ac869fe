"""What a page feels like in the browser: when its largest part stood, and what moved under the eye.

The bars are LCP 1.8 s and CLS 0.05, as the browser's own entries tell them.
"""

from typing import Any

from playwright.sync_api import Page

LCP, CLS = 1800, 0.05
SEEN = """async () => {
  const seen = {lcp: 0, cls: 0, moved: []};
  const named = node => node && (node.id ? '#' + node.id : node.className || node.nodeName);
  const moved = ({node, previousRect, currentRect}) =>
    `${named(node)} by ${Math.round(currentRect.y - previousRect.y)}`;
  const read = {
    'largest-contentful-paint': entry => { seen.lcp = entry.startTime; },
    'layout-shift': entry => {
      if (entry.hadRecentInput) return;
      seen.cls += entry.value;
      seen.moved.push(...entry.sources.map(moved));
    },
  };
  const watchers = Object.entries(read).map(([type, note]) => {
    const watcher = new PerformanceObserver(list => list.getEntries().forEach(note));
    watcher.observe({type, buffered: true});
    return watcher;
  });
  await new Promise(done => setTimeout(done, 20));
  watchers.forEach(watcher => watcher.disconnect());
  return seen;
}"""
"""Script that reads what the browser has noted since the page was opened."""


def slow_or_shifting(page: Page) -> list[str]:
    """Return which bars the open page misses."""
    seen: dict[str, Any] = page.evaluate(SEEN)
    found = []
    if seen["lcp"] > LCP:
        found.append(f"LCP {seen['lcp']:.0f} ms")
    if seen["cls"] > CLS:
        found.append(f"CLS {seen['cls']:.3f}: {'; '.join(seen['moved'][:6])}")
    return found

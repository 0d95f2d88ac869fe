"""Which of two subjects is the better one, and how sure that is. Pure.

A two-sided test of two proportions. With few mails or clicks it would only pretend to know, so a
winner needs a minimum. docs/metrics.md#newsletters
"""

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

LEAST_DELIVERED, LEAST_CLICKS, SURE = 100, 10, 0.95
"""A winner needs so many delivered of each, so many clicks of both, and to be so sure."""


@dataclass(frozen=True)
class Tried:
    """One subject: mails delivered, and those of them in which a person clicked."""

    delivered: int
    clicked: int


@dataclass(frozen=True)
class Comparison:
    """winner: "a", "b", or "" for none. sure: 0 to 1; None where there is too little to say."""

    winner: str
    sure: float | None


def compare(a: Tried, b: Tried) -> Comparison:
    """Return which subject more people clicked, per mail delivered, if that is no accident."""
    if min(a.delivered, b.delivered) < LEAST_DELIVERED or a.clicked + b.clicked < LEAST_CLICKS:
        return Comparison("", None)
    sure = confidence(a, b)
    if sure < SURE:
        return Comparison("", sure)
    better = "b" if b.clicked / b.delivered > a.clicked / a.delivered else "a"
    return Comparison(better, sure)


def confidence(a: Tried, b: Tried) -> float:
    """Return 1 minus the chance that two equal subjects differ as much as these (0 to 1)."""
    pooled = (a.clicked + b.clicked) / (a.delivered + b.delivered)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / a.delivered + 1 / b.delivered))
    if not spread:
        return 0.0
    distance = abs(a.clicked / a.delivered - b.clicked / b.delivered) / spread
    return math.erf(distance / math.sqrt(2))


def group_size(audience: int, share: int) -> int:
    """Return how many readers try each subject: half of `share` percent, the same for both."""
    return min(max(1, round(audience * share / 200)), audience // 2)


def groups(newsletter: int, leads: Iterable[int], share: int) -> dict[str, list[int]]:
    """Return which leads try subject "a" and which "b": as many each, the same ones every time."""
    mixed = sorted(leads, key=lambda lead: (zlib.crc32(f"{newsletter}:{lead}".encode()), lead))
    size = group_size(len(mixed), share)
    return {"a": mixed[:size], "b": mixed[size : 2 * size]}

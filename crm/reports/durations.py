"""Durations between two stages, kept as how many fell into each bin. Pure.

Below an hour a bin is a minute wide, above it 2 % of its lower edge. A duration is taken for the
middle of its bin: it is off by less than 1 %, below an hour by at most half a minute. So is any
median. Bins keep the order of durations; a negative one has the mirrored bin.
Source: docs/metrics.md#funnel.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WIDTH = 1.02
LONGEST = 200 * 365 * DAY
"""Seconds. What takes longer than 200 years falls into the last bin."""


def edges() -> list[float]:
    """Return the lower edges of the bins in seconds."""
    found = [minute * MINUTE for minute in range(60)]
    edge = HOUR
    while edge < LONGEST:
        found.append(edge)
        edge *= WIDTH
    return found


EDGES = edges()


def bin_of(took: timedelta) -> int:
    """Return the number of the bin that `took` falls into; negative for a negative duration."""
    seconds = took.total_seconds()
    if seconds < 0:
        return -bisect_right(EDGES, -seconds)
    return bisect_right(EDGES, seconds) - 1


def days_of(number: int) -> float:
    """Return the middle of a bin in days."""
    if number < 0:
        return -days_of(-number - 1)
    edge = EDGES[number]
    middle = edge + MINUTE / 2 if edge < HOUR else edge * WIDTH**0.5
    return middle / DAY


def median_of(numbers: Mapping[int, int]) -> float | None:
    """Return the median in days of durations given as bin → how many; None without any.

    Of an even number it is the mean of the two in the middle.
    """
    total = sum(numbers.values())
    if not total:
        return None
    lower = upper = None
    passed = 0
    for number in sorted(numbers):
        passed += numbers[number]
        if lower is None and passed > (total - 1) // 2:
            lower = number
        if passed > total // 2:
            upper = number
            break
    return (days_of(lower or 0) + days_of(upper or 0)) / 2

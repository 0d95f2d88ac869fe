"""Durations between two stages, kept as how many fell into each bin. Pure.

Below an hour a bin is a minute wide, above it 2 % of its lower edge. A duration is taken for the
middle of its bin: it is off by less than 1 %, below an hour by at most half a minute. So is any
median and any percentile. Bins keep the order of durations; a negative one has the mirrored bin.
Source: docs/metrics.md#funnel.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

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


class Stay(NamedTuple):
    """How long leads took, in days; None where no duration is known.

    median: of an even number the mean of the two in the middle
    p90: the least that nine of ten do not exceed (nearest rank)
    """

    median: float | None = None
    p90: float | None = None


def stay_of(numbers: Mapping[int, int]) -> Stay:
    """Return median and 90th percentile of durations given as bin → how many."""
    total = sum(numbers.values())
    if not total:
        return Stay()
    lower, upper, tail = places(total)
    middle = days_of(bin_at(numbers, lower)), days_of(bin_at(numbers, upper))
    return Stay(sum(middle) / 2, days_of(bin_at(numbers, tail)))


def places(total: int) -> tuple[int, int, int]:
    """Return which of `total` durations count, from 1 on: the two in the middle, nine tenths."""
    return (total + 1) // 2, total // 2 + 1, -(-9 * total // 10)


def bin_at(numbers: Mapping[int, int], place: int) -> int:
    passed = 0
    for number in sorted(numbers):
        passed += numbers[number]
        if passed >= place:
            return number
    raise ValueError(f"fewer than {place} durations")

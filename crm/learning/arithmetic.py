"""Tests of difference, with control of how often any of them is wrong. Pure.

Source: docs/metrics.md#learning.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from math import erfc, sqrt
from typing import NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)
LEAST_EXPECTED = 5.0
"""Hits and misses that each side must expect for the normal approximation to hold."""


class Share(NamedTuple):
    """hits of decided rows"""

    hits: int = 0
    of: int = 0

    @property
    def rate(self) -> float | None:
        return self.hits / self.of if self.of else None

    def __add__(self, other: object) -> "Share":
        assert isinstance(other, Share)
        return Share(self.hits + other.hits, self.of + other.of)

    def without(self, other: "Share") -> "Share":
        return Share(self.hits - other.hits, self.of - other.of)


def tail(z: float) -> float:
    """Return the chance of a standard normal value above `z`."""
    return erfc(z / sqrt(2)) / 2


def differ(one: Share, other: Share) -> float:
    """Return the two-sided p of two shares being the same: pooled z test with Yates' correction.

    1 where either side expects too few hits or misses for the test to hold.
    """
    both = one + other
    if not one.of or not other.of:
        return 1.0
    rate = both.hits / both.of
    if min(one.of, other.of) * min(rate, 1 - rate) < LEAST_EXPECTED:
        return 1.0
    apart = abs(one.hits / one.of - other.hits / other.of)
    correction = (1 / one.of + 1 / other.of) / 2
    spread = sqrt(rate * (1 - rate) * (1 / one.of + 1 / other.of))
    return 2 * tail(max(0.0, apart - correction) / spread)


def later(groups: Mapping[Key, Sequence[float]]) -> dict[Key, float]:
    """Return for each group the one-sided p of its values not being larger than all others'.

    Mann and Whitney's U by normal approximation, with corrections for ties and continuity; 1 where
    a side is empty. All groups are ranked together, once.
    """
    marked = sorted((value, place) for place, key in enumerate(groups) for value in groups[key])
    ranks = [0.0] * len(groups)
    ties, passed, total = 0.0, 0, len(marked)
    for _, alike in groupby(marked, key=lambda pair: pair[0]):
        places = [place for _, place in alike]
        middle = passed + (len(places) + 1) / 2
        for place in places:
            ranks[place] += middle
        ties += len(places) ** 3 - len(places)
        passed += len(places)
    spread = (total + 1 - ties / (total * (total - 1))) / 12 if total > 1 else 0.0
    return {
        key: chance_of(ranks[place], len(groups[key]), total, spread)
        for place, key in enumerate(groups)
    }


def chance_of(ranks: float, here: int, total: int, spread: float) -> float:
    there = total - here
    variance = here * there * spread
    if variance <= 0:
        return 1.0
    u = ranks - here * (here + 1) / 2
    return tail((u - here * there / 2 - 0.5) / sqrt(variance))


def holm(chances: Mapping[Key, float], alpha: float) -> set[Key]:
    """Return which hypotheses are rejected so that any is wrongly in at most `alpha` of cases."""
    rejected: set[Key] = set()
    ordered = sorted(chances, key=lambda key: chances[key])
    for place, key in enumerate(ordered):
        if chances[key] > alpha / (len(ordered) - place):
            break
        rejected.add(key)
    return rejected


def stand_out(groups: Mapping[Key, Share], alpha: float, *, least: int) -> dict[Key, float]:
    """Return the groups whose share differs from that of all others that do not stand out.

    One after the other, the clearest first: what was named no longer counts among the others, so
    that one group that does well does not make all the rest do badly.
    least: decided rows from which a group may be named; returns the p of each
    """
    left = dict(groups)
    named: dict[Key, float] = {}
    while True:
        total = sum(left.values(), Share())
        chances = {
            key: differ(share, total.without(share))
            for key, share in left.items()
            if share.of >= least
        }
        clearest = min(chances, key=lambda key: chances[key], default=None)
        if clearest is None or chances[clearest] > alpha / len(chances):
            return named
        named[clearest] = chances[clearest]
        del left[clearest]


def stand_late(
    groups: Mapping[Key, Sequence[float]], alpha: float, *, least: int
) -> dict[Key, float]:
    """Return the groups whose values are larger than those of all others, as `stand_out` does."""
    left = {key: values for key, values in groups.items() if len(values) >= least}
    named: dict[Key, float] = {}
    while True:
        chances = later(left)
        latest = min(chances, key=lambda key: chances[key], default=None)
        if latest is None or chances[latest] > alpha / len(chances):
            return named
        named[latest] = chances[latest]
        del left[latest]

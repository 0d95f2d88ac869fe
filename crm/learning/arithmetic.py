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


def later(one: Sequence[float], others: Sequence[float]) -> float:
    """Return the one-sided p of `one` not being larger than `others`: Mann and Whitney's U.

    Normal approximation with corrections for ties and continuity; 1 where a side is empty.
    """
    here, there = len(one), len(others)
    if not here or not there:
        return 1.0
    marked = sorted([(value, True) for value in one] + [(value, False) for value in others])
    ranks = ties = 0.0
    passed = 0
    for _, alike in groupby(marked, key=lambda pair: pair[0]):
        mine = [is_one for _, is_one in alike]
        ranks += sum(mine) * (passed + (len(mine) + 1) / 2)
        ties += len(mine) ** 3 - len(mine)
        passed += len(mine)
    u, total = ranks - here * (here + 1) / 2, here + there
    variance = here * there / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
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
        chances = {
            key: later(values, [v for other in left if other != key for v in left[other]])
            for key, values in left.items()
        }
        latest = min(chances, key=lambda key: chances[key], default=None)
        if latest is None or chances[latest] > alpha / len(chances):
            return named
        named[latest] = chances[latest]
        del left[latest]

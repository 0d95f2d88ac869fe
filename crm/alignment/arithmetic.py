"""Pace of a promise that is a rate, and what a rate promised for months means for a quarter. Pure.

Source: docs/metrics.md#alignment.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RatePace:
    """Where a rate stands against its goal within its time.

    met, of: what it divides, so far; goal: the promised rate; share: of the working days, those
        that are over, 0 to 1
    most: the largest rate there can be, None for none
    """

    met: float
    of: float
    goal: float
    share: float
    most: float | None = 1.0

    @property
    def rate(self) -> float | None:
        return self.met / self.of if self.of else None

    @property
    def ahead(self) -> float | None:
        """How far the rate lies above its goal; negative: below."""
        return None if self.rate is None else self.rate - self.goal

    @property
    def is_kept(self) -> bool:
        return self.ahead is not None and self.ahead >= 0

    @property
    def is_over(self) -> bool:
        return self.share >= 1

    @property
    def needed(self) -> float | None:
        """The rate that the rest must have for the goal to be reached.

        The rest is as much each working day as there was so far. None if there is no rest, or
        nothing to judge the rest by.
        """
        if self.is_over or self.share <= 0 or not self.of:
            return None
        rest = self.of * (1 - self.share) / self.share
        return max(0.0, (self.goal * (self.of + rest) - self.met) / rest)

    @property
    def is_lost(self) -> bool:
        """Whether the goal is out of reach at the volume so far."""
        if self.is_kept or self.rate is None:
            return False
        if self.needed is None:
            return self.is_over
        return self.most is not None and self.needed > self.most


def mean_of_all(values: Sequence[float | None]) -> float | None:
    """Return the mean; None while one is missing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if values and len(known) == len(values) else None


def sum_of_all(values: Sequence[int | None]) -> int | None:
    """Return the sum; None while one is missing: a part is no promise for the whole."""
    known = [value for value in values if value is not None]
    return sum(known) if values and len(known) == len(values) else None

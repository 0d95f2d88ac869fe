"""The forecast's arithmetic: categories, sums, attainment, gap, coverage, quotas. Pure.

Money is integer minor units of one currency. Source: docs/metrics.md#forecast.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WON, COMMIT, BEST, PIPELINE = "won", "commit", "best", "pipeline"
OPEN_PARTS = (COMMIT, BEST, PIPELINE)
PARTS = (WON, *OPEN_PARTS)
COMMIT_FROM, BEST_FROM = 75, 40
"""Percent of probability from which an open deal is commit, and best case. Below: pipeline."""


def category_of(probability: int, call: str = "") -> str:
    """Return the category of an open deal.

    probability: of its stage, 0 to 100 percent
    call: what somebody said of this deal, a category; it goes before the probability
    """
    if call:
        return call
    if probability >= COMMIT_FROM:
        return COMMIT
    return BEST if probability >= BEST_FROM else PIPELINE


def weighted(amount: int, probability: int) -> int:
    """Return `amount` times `probability` percent, in whole minor units, half of one rounded up.

    Rounded for each deal, so that the sum of a list is the total that links to it.
    """
    return (amount * probability + 50) // 100


@dataclass(frozen=True)
class Line:
    """The sum of some deals that have one owner, team, category and currency."""

    owner: int | None
    team: int | None
    part: str
    currency: str
    amount: int
    weighted: int
    count: int


@dataclass(frozen=True)
class Sum:
    amount: int = 0
    count: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.amount + other.amount, self.count + other.count)


@dataclass(frozen=True)
class Standing:
    """Where somebody stands in a period. Lost deals are in none of the sums.

    target: the quota; None: none was set, then nothing is measured against it
    weighted: the open deals of the period, each by its stage's probability
    """

    won: Sum = Sum()
    commit: Sum = Sum()
    best: Sum = Sum()
    pipeline: Sum = Sum()
    weighted: int = 0
    target: int | None = None

    @property
    def open(self) -> Sum:
        return self.commit + self.best + self.pipeline

    @property
    def expected(self) -> int:
        """What is won, and what is open by its probability."""
        return self.won.amount + self.weighted

    @property
    def attainment(self) -> float | None:
        """Won ÷ target; None without a target or with one of nothing."""
        return self.won.amount / self.target if self.target else None

    @property
    def gap(self) -> int | None:
        """What is still to be won for the target, never below 0; None without a target."""
        return None if self.target is None else max(0, self.target - self.won.amount)

    @property
    def weighted_gap(self) -> int | None:
        """What is missing even if the open deals bring what their probabilities promise."""
        return None if self.target is None else max(0, self.target - self.expected)

    @property
    def coverage(self) -> float | None:
        """Open deals of the period ÷ gap; None without a target or when nothing is missing."""
        return self.open.amount / self.gap if self.gap else None


def standing(lines: Iterable[Line], currency: str, target: int | None = None) -> Standing:
    """Return the sums of those `lines` that are in `currency`; others are never added to them."""
    sums, weight = dict.fromkeys(PARTS, Sum()), 0
    for line in lines:
        if line.currency == currency and line.part in sums:
            sums[line.part] += Sum(line.amount, line.count)
            weight += line.weighted if line.part != WON else 0
    return Standing(**sums, weighted=weight, target=target)


def added(known: Iterable[int | None]) -> int | None:
    """Return the sum of what is known; None if nothing is."""
    values = [value for value in known if value is not None]
    return sum(values) if values else None


def quarter_target(own: int | None, months: Sequence[int | None]) -> int | None:
    """Return the target of a quarter: its own if it was set, else the sum of its months."""
    return added(months) if own is None else own


def team_month(own: int | None, people: Iterable[int | None]) -> int | None:
    """Return a team's target of a month: its own if it was set, else the sum of its people's."""
    return added(people) if own is None else own


def team_quarter(
    own: int | None, own_months: Sequence[int | None], months: Sequence[int | None],
    people: Iterable[int | None],
) -> int | None:  # fmt: skip
    """Return a team's target of a quarter.

    own: set for the quarter; own_months: set for its months; months: those, else their people's
    people: the quarters of its people
    Its own goes first, then months that were set for the team, then the sum of its people.
    """
    if own is not None:
        return own
    if any(month is not None for month in own_months):
        return added(months)
    return added(people)

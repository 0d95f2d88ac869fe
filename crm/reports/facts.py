"""What is counted of one lead, and what many leads add up to. Pure.

Sums are kept for each counting and month: in a cohort the month in which the lead came in, in a
period that in which the stage was reached, by the calendar of the organisation's time zone.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from crm.reports.durations import bin_of
from crm.reports.questions import COHORT, PERIOD, SHARED
from crm.stages import PATH

NOBODY = 0
"""Stands for “none” where a sum is kept for leads without channel, campaign or owner."""


CAME = "came"
"""The sums of SHARED are kept by the month in which the leads came in."""
KEPT_BY = ("channel", "campaign", "rep")
"""What sums are kept by. Any other breakdown is counted from the ledger."""


class Fact(NamedTuple):
    """One lead as the funnel counts it.

    implied: the sum of 2**place over those stages of PATH that the lead leapt over
    times: when it first reached each stage of PATH, None where it did not
    """

    lead: int
    channel: int | None
    campaign: int | None
    owner: int | None
    implied: int
    times: tuple[datetime | None, ...]

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> "Fact":
        lead, channel, campaign, owner, implied, *times = row
        return cls(lead, channel, campaign, owner, implied, tuple(times))


class CountKey(NamedTuple):
    """Which sums a row of counts is.

    value: the key of a channel, campaign or user; by CAME the month in which the leads came in, as
        202603, while `month` is that in which the stage was reached
    """

    counting: str
    by: str
    value: int
    month: date


class DurationKey(NamedTuple):
    counting: str
    month: date
    place: int


class Sums:
    """What facts add up to, by these countings and these groups.

    counts: for each key, how many leads in each stage of PATH
    durations: for each key, how many in each bin took that long to its stage from the one before
    """

    def __init__(
        self,
        zone: ZoneInfo,
        countings: Collection[str] = (COHORT, PERIOD, SHARED),
        groups: Collection[str] = KEPT_BY,
    ) -> None:
        self.zone = zone
        self.countings = countings
        self.groups = groups
        self.counts: dict[CountKey, list[int]] = defaultdict(lambda: [0] * len(PATH))
        self.durations: dict[DurationKey, dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, fact: Fact, sign: int = 1) -> None:
        """Count `fact` in; with sign -1, out again."""
        months = [self.month_of(at) if at else None for at in fact.times]
        values = {"channel": fact.channel, "campaign": fact.campaign, "rep": fact.owner}
        groups = [(by, values[by] or NOBODY) for by in self.groups]
        if SHARED in self.countings and months[0]:
            came = number_of(months[0])
            for place, reached in enumerate(months):
                if reached:
                    self.counts[CountKey(SHARED, CAME, came, reached)][place] += sign
        for counting in {*self.countings} - {SHARED}:
            for place, reached in enumerate(months):
                month = reached and (reached if counting == PERIOD else months[0])
                if month:
                    for by, value in groups:
                        self.counts[CountKey(counting, by, value, month)][place] += sign
                    self.add_duration(fact, place, DurationKey(counting, month, place), sign)

    def add_duration(self, fact: Fact, place: int, key: DurationKey, sign: int) -> None:
        """Count how long the lead took to this stage, if both moments are its own."""
        if not place:
            return
        before, at = fact.times[place - 1], fact.times[place]
        leapt = fact.implied >> (place - 1) & 0b11  # this stage or the one before
        if before and at and not leapt:
            self.durations[key][bin_of(at - before)] += sign

    def month_of(self, at: datetime) -> date:
        local = at.astimezone(self.zone)
        return date(local.year, local.month, 1)


def number_of(month: date) -> int:
    """Write a month as a number: 202603."""
    return month.year * 100 + month.month


def month_of(number: int) -> date:
    return date(number // 100, number % 100, 1)

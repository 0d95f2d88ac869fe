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
from crm.reports.questions import COHORT, PERIOD
from crm.stages import PATH

NOBODY = 0
"""Stands for “none” where a sum is kept for leads without channel, campaign or owner."""


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
    """Which sums a row of counts is: `value` is the key of a channel, campaign or user."""

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
        countings: Collection[str] = (COHORT, PERIOD),
        groups: Collection[str] = ("channel", "campaign", "rep"),
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
        for counting in self.countings:
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

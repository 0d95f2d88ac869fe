"""The metrics of a week: their names, how a cell is read, what is out of the ordinary. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

LARGEST = 10**15
LOOK_BACK = 8
"""Weeks before that a number is compared with."""
ENOUGH = 3
"""Known weeks below which nothing is called unusual."""
FACTOR = 3
WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}(?:[.,'’\s][0-9]{3})+")


@dataclass(frozen=True)
class Metric:
    """One column of the grid. `column`: of ChannelWeek; `meaning`: as docs/metrics.md has it."""

    name: str
    label: str
    meaning: str
    is_money: bool = False

    @property
    def column(self) -> str:
        return "spend_minor" if self.is_money else self.name


METRICS = (
    Metric("sessions", "Sessions", "Visits to the website"),
    Metric("visitors", "Visitors", "Different people among them"),
    Metric("impressions", "Impressions", "How often something of ours was shown"),
    Metric("clicks", "Clicks", "How often it was clicked"),
    Metric("followers", "Followers", "Followers or subscribers at the end of the week"),
    Metric("likes", "Likes", "Likes and reactions"),
    Metric("comments", "Comments", "Comments and replies"),
    Metric("shares", "Shares", "Shares and reposts"),
    Metric("spend", "Spend", "What the week cost", is_money=True),
)
BY_NAME = {metric.name: metric for metric in METRICS}


class NotANumber(ValueError):
    """The cell cannot be read; the message says why."""


def monday(day: date) -> date:
    """Return the first day of the week of `day`."""
    return day - timedelta(days=day.weekday())


def read_count(text: str) -> int | None:
    """Return the whole number of a cell such as “1,234” or “1 234”; None for an empty one.

    Raises NotANumber for anything else, also for a number below zero.
    """
    bare = text.strip()
    if not bare:
        return None
    if re.fullmatch(r"[-−][\d.,\s]+", bare):
        raise NotANumber("A number below zero cannot be.")
    if not WHOLE.fullmatch(bare):
        raise NotANumber("Enter a whole number, such as 1234.")
    count = int(re.sub(r"\D", "", bare))
    if count > LARGEST:
        raise NotANumber("This number is too large.")
    return count


def is_unusual(value: int | None, earlier: Sequence[int]) -> bool:
    """Return whether `value` is more than three times the median of the weeks before.

    earlier: the known values of at most eight weeks before, in any order; too few say nothing
    """
    if value is None or len(earlier) < ENOUGH:
        return False
    return value > FACTOR * median(earlier)

"""When something that repeats comes again: daily, weekly, or monthly on a day of the month.

Counted on the clock of the wall, so that 9:00 stays 9:00 when summer time begins or ends. A month
without the day has it on its last day: the 31st is the 28th in February and the 31st in March.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from dateutil import rrule

FREQUENCIES = {"daily": rrule.DAILY, "weekly": rrule.WEEKLY, "monthly": rrule.MONTHLY}
SHORTEST_MONTH = 28
FAR = 400
"""So many times are looked at for one that is not past: more than a year of days."""


def rule(repeats: str, on: int | None = None) -> dict[str, Any]:
    """Return the parts of the iCalendar rule (RFC 5545, 3.3.10).

    repeats: daily, weekly or monthly; on: day of the month, 1 to 31, of a monthly one
    """
    parts: dict[str, Any] = {"freq": repeats}
    if repeats == "monthly" and on:
        parts["bymonthday"] = list(range(min(on, SHORTEST_MONTH), on + 1))
        parts["bysetpos"] = -1
    return parts


def days(
    first: date, repeats: str, *, on: int | None = None, until: date | None = None
) -> Iterator[date]:
    """Yield the days that it falls on from `first` up to `until`, that day included."""
    parts = rule(repeats, on)
    frequency = FREQUENCIES[parts.pop("freq")]
    end = datetime.combine(until, time.max) if until else None
    start = datetime.combine(first, time())
    for moment in rrule.rrule(frequency, dtstart=start, until=end, **parts):
        yield moment.date()


def day_after(
    day: date, repeats: str, *, today: date, on: int | None = None, until: date | None = None
) -> date | None:
    """Return the next day after `day` that is not past, None if the series is over.

    Times that were missed are not caught up with.
    """
    coming = islice(days(day, repeats, on=on, until=until), FAR * 10)
    return next((found for found in coming if found > day and found >= today), None)

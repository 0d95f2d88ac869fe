"""Periods of time as people choose them: this quarter, last month, all time. Pure.

A period is whole days of the organisation's calendar; its bounds are moments in the
organisation's time zone. Source: docs/metrics.md#periods.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.common import parameters

CHOICES = {
    "all": "All time",
    "12m": "Last 12 months",
    "year": "This year",
    "quarter": "This quarter",
    "last_quarter": "Last quarter",
    "month": "This month",
    "last_month": "Last month",
}


@dataclass(frozen=True)
class Period:
    """The days from `first` up to but not including `end`; None is without bound."""

    first: date | None = None
    end: date | None = None

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Return the first moment of the period and the first one after it, in `zone`."""
        return midnight(self.first, zone), midnight(self.end, zone)

    def __str__(self) -> str:
        if self.first is None and self.end is None:
            return CHOICES["all"]
        first = f"{self.first:%-d %b %Y}" if self.first else "the beginning"
        return (
            f"{first} to {self.end - timedelta(days=1):%-d %b %Y}" if self.end else f"since {first}"
        )


def midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone) if day else None


def add_months(month: date, count: int) -> date:
    """Return the first of the month that lies `count` months after that of `month`."""
    years, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(years, index + 1, 1)


def before(period: Period) -> Period | None:
    """Return the period as long, directly before; None for one without beginning or end.

    Whole months are followed back by months: before a quarter lies a quarter.
    """
    first, end = period.first, period.end
    if first is None or end is None:
        return None
    if first.day == 1 and end.day == 1:
        months = (end.year - first.year) * 12 + end.month - first.month
        return Period(add_months(first, -months), first)
    return Period(first - (end - first), first)


def named(choice: str, today: date) -> Period:
    """Return the period that `choice`, a key of CHOICES, means on the day `today`.

    Raises KeyError for any other word.
    """
    month = today.replace(day=1)
    quarter = add_months(month, -((month.month - 1) % 3))
    year = date(today.year, 1, 1)
    return {
        "all": Period(),
        "12m": Period(add_months(month, -11), add_months(month, 1)),
        "year": Period(year, add_months(year, 12)),
        "quarter": Period(quarter, add_months(quarter, 3)),
        "last_quarter": Period(add_months(quarter, -3), quarter),
        "month": Period(month, add_months(month, 1)),
        "last_month": Period(add_months(month, -1), month),
    }[choice]


def of_month(key: str) -> Period:
    """Return the month written as “2026-03”. Raises ValueError for anything else."""
    first = parameters.day(f"{key}-01")
    if first is None:
        raise ValueError(key)
    return Period(first, add_months(first, 1))

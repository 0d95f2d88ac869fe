"""Business time: minutes that count only while the organisation works. Pure.

Times go in and come out timezone-aware; working hours are wall-clock hours of the organisation's
zone, so a day on which the clocks change is as long as its wall clock says.
Source: docs/metrics.md#business-minutes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[time, time]
LONGEST_WAIT = timedelta(days=3 * 366)


class NeverOpen(ValueError):
    """The calendar has no working time within three years."""


@dataclass(frozen=True)
class BusinessCalendar:
    """zone: the organisation's; week: hours of each weekday from Monday, None is closed."""

    zone: ZoneInfo
    week: tuple[Hours | None, ...]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on this day: it has working hours and is no holiday."""
        return bool(self.week[day.weekday()]) and day not in self.holidays

    def working_day_after(self, day: date, count: int) -> date:
        """Return the `count`th working day after `day`. Raises NeverOpen."""
        last = day + LONGEST_WAIT
        while day < last:
            day += timedelta(days=1)
            if self.is_working_day(day):
                count -= 1
                if count <= 0:
                    return day
        raise NeverOpen("The calendar has no working day.")

    def openings(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working spans (in UTC) that end after `start`, earliest first."""
        day = start.astimezone(self.zone).date()
        last = day + LONGEST_WAIT
        while day <= last:
            hours = self.week[day.weekday()]
            if hours and day not in self.holidays:
                opens, closes = (
                    datetime.combine(day, at, self.zone).astimezone(UTC) for at in hours
                )
                opens = max(opens, start.astimezone(UTC))
                if closes > opens:  # else it is over, or lies in the hour that a change skips
                    yield opens, closes
            day += timedelta(days=1)

    def add_minutes(self, start: datetime, minutes: float) -> datetime:
        """Return the moment `minutes` business minutes after `start`, in UTC.

        Raises NeverOpen if the calendar has no working time left within three years.
        """
        left = timedelta(minutes=minutes)
        for opens, closes in self.openings(start):
            if opens + left <= closes:
                return opens + left
            left -= closes - opens
        raise NeverOpen("The calendar has no working time.")

    def minutes_between(self, start: datetime, end: datetime) -> float:
        """Return the business minutes from `start` to `end`; 0 if `end` is not later."""
        total = timedelta()
        for opens, closes in self.openings(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total / timedelta(minutes=1)

"""How long a lead waits: hours, days or working days, by the organisation's clock. Pure.

A wait of days ends at the same time by the wall clock, also over a night in which the clocks
change. Source: docs/metrics.md#sequences.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from crm.common.business_time import BusinessCalendar

HOURS, DAYS, WORKING_DAYS = "hours", "days", "working_days"
UNITS = {HOURS: "hours", DAYS: "days", WORKING_DAYS: "working days"}
MOST = 365


@dataclass(frozen=True)
class Wait:
    """amount: of `unit`, 1 to MOST; at: the time of day at which a wait of days ends."""

    amount: int
    unit: str = DAYS
    at: time | None = None

    def __str__(self) -> str:
        unit = UNITS[self.unit]
        words = f"Wait {self.amount} {unit.removesuffix('s') if self.amount == 1 else unit}"
        return f"{words}, until {self.at:%H:%M}" if self.at else words


def wait_until(start: datetime, wait: Wait, calendar: BusinessCalendar) -> datetime:
    """Return the moment, in UTC, at which a wait that begins at `start` ends.

    A time that the clocks skip that night is taken as the moment after.
    Raises NeverOpen if `wait` counts working days and the calendar has none.
    """
    if wait.unit == HOURS:
        return start.astimezone(UTC) + timedelta(hours=wait.amount)
    local = start.astimezone(calendar.zone)
    day = local.date()
    if wait.unit == DAYS:
        day += timedelta(days=wait.amount)
    else:
        day = calendar.working_day_after(day, wait.amount)
    return datetime.combine(day, wait.at or local.time(), calendar.zone).astimezone(UTC)

"""Pace: what is reached of a goal, against the working days of its time that are over. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from crm.common.business_time import BusinessCalendar


@dataclass(frozen=True)
class Pace:
    """share: of the working days, those that are over, 0 to 1"""

    reached: int
    goal: int
    share: float

    @property
    def expected(self) -> int:
        """What would be reached by now, the goal spread evenly; rounded down."""
        return int(self.goal * self.share)

    @property
    def ahead(self) -> int:
        """How many more than expected; negative: behind."""
        return self.reached - self.expected

    @property
    def words(self) -> str:
        if self.reached >= self.goal:
            return "goal reached"
        if self.ahead:
            return f"{abs(self.ahead):,} {'ahead' if self.ahead > 0 else 'behind'}"
        return "on pace"

    @property
    def tone(self) -> str:
        """A tone of `tag`."""
        return "danger" if self.ahead < 0 and self.reached < self.goal else "won"


def share_over(first: date, end: date, today: date, calendar: BusinessCalendar) -> float:
    """Return the share of the working days from `first` to before `end` that lie before `today`.

    Without a single working day, by the calendar's days.
    """
    days = [first + timedelta(days=n) for n in range((end - first).days)]
    working = [
        day for day in days if calendar.week[day.weekday()] and day not in calendar.holidays
    ] or days
    return sum(day < today for day in working) / len(working) if working else 1.0

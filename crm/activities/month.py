"""A week or a month of a user's follow-ups, day by day, in his own time zone."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.timezone import get_current_timezone, localdate

from crm.activities.models import FollowUp
from crm.activities.recurrence import days
from crm.users.models import User

WEEK, MONTH = "week", "month"
MOST = 1000
"""So many follow-ups of one span are read at most."""


@dataclass(frozen=True)
class Entry:
    """A follow-up on one day. expected: it comes by itself when the one before it is done."""

    follow_up: FollowUp
    expected: bool = False


@dataclass
class Day:
    date: date
    is_outside: bool = False
    """It belongs to the month before or after."""
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        return self.date == localdate()


@dataclass(frozen=True)
class Span:
    """The days of a page: whole weeks, Monday first."""

    view: str
    on: date

    @property
    def first(self) -> date:
        start = self.on if self.view == WEEK else self.on.replace(day=1)
        return start - timedelta(days=start.weekday())

    @property
    def last(self) -> date:
        end = self.on if self.view == WEEK else self.next - timedelta(days=1)
        return end + timedelta(days=6 - end.weekday())

    @property
    def previous(self) -> date:
        """A day of the page before."""
        if self.view == WEEK:
            return self.on - timedelta(days=7)
        return (self.on.replace(day=1) - timedelta(days=1)).replace(day=1)

    @property
    def next(self) -> date:
        """A day of the page after."""
        if self.view == WEEK:
            return self.on + timedelta(days=7)
        return (self.on.replace(day=28) + timedelta(days=4)).replace(day=1)

    @property
    def days(self) -> list[Day]:
        count = (self.last - self.first).days + 1
        found = (self.first + timedelta(days=number) for number in range(count))
        return [
            Day(day, is_outside=self.view == MONTH and day.month != self.on.month) for day in found
        ]


def filled(span: Span, user: User) -> list[Day]:
    """Return the days of `span` with the user's follow-ups, open and done; one query.

    Those all day come first, then by the time of day. What repeats is expanded.
    """
    zone = ZoneInfo(str(get_current_timezone()))
    found = span.days
    by_date = {day.date: day for day in found}
    for follow_up in of_span(span, user, zone):
        put(by_date, follow_up, span, zone)
    for day in found:
        day.entries.sort(key=lambda entry: clock(entry.follow_up, zone))
    return found


def clock(follow_up: FollowUp, zone: ZoneInfo) -> tuple[bool, time]:
    return follow_up.day is None, follow_up.due_at.astimezone(zone).time()


def of_span(span: Span, user: User, zone: ZoneInfo) -> Iterable[FollowUp]:
    """Return what falls on these days, and what repeats and has begun before them."""
    start = datetime.combine(span.first, time(), zone)
    end = datetime.combine(span.last + timedelta(days=1), time(), zone)
    timed = Q(day=None, due_at__gte=start, due_at__lt=end)
    whole = Q(day__gte=span.first, day__lte=span.last)
    repeats = Q(done_at=None, due_at__lt=end) & ~Q(repeats="")
    rows = FollowUp.objects.filter(owner=user).filter(timed | whole | repeats)
    return rows.select_related("lead", "deal").order_by("due_at", "pk")[:MOST]


def put(by_date: dict[date, Day], follow_up: FollowUp, span: Span, zone: ZoneInfo) -> None:
    """Write a follow-up into its day, and into those on which it is expected again."""
    first = follow_up.day or localdate(follow_up.due_at, zone)
    if first in by_date:
        by_date[first].entries.append(Entry(follow_up))
    if not follow_up.repeats or follow_up.done_at:
        return
    until = min(span.last, follow_up.repeat_until or span.last)
    for day in days(first, follow_up.repeats, on=follow_up.repeat_on, until=until):
        if day > first and day in by_date:
            by_date[day].entries.append(Entry(follow_up, expected=True))

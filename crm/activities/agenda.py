"""Follow-ups by when they are due: overdue, today, tomorrow, this week, later."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.timezone import localdate, now

from crm.activities.models import FollowUp

GROUPS = {
    "overdue": "Overdue",
    "today": "Today",
    "tomorrow": "Tomorrow",
    "week": "This week",
    "later": "Later",
}
SHOWN = 200


@dataclass
class Group:
    key: str
    label: str
    follow_ups: list[FollowUp] = field(default_factory=list)


def group_of(follow_up: FollowUp) -> str:
    """Return the group that a follow-up belongs to in the active time zone."""
    if follow_up.due_at < now():
        return "overdue"
    return group_of_day(localdate(follow_up.due_at), localdate())


def group_of_day(day: date, today: date) -> str:
    """Return the group of a day that is not over. The week ends on Sunday."""
    if day <= today:
        return "today"
    if day == today + timedelta(days=1):
        return "tomorrow"
    return "week" if day <= today + timedelta(days=6 - today.weekday()) else "later"


def grouped(follow_ups: Iterable[FollowUp]) -> list[Group]:
    """Return the groups that hold any, in their order; the order inside is kept."""
    groups = {key: Group(key, label) for key, label in GROUPS.items()}
    for follow_up in follow_ups:
        groups[group_of(follow_up)].follow_ups.append(follow_up)
    return [group for group in groups.values() if group.follow_ups]

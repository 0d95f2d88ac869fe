"""The one tag on a deal's card: what is next, or why it rots. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

OVERDUE, TODAY, NONE, PLANNED, ROTTING = "overdue", "today", "none", "planned", "rotting"
BUCKETS = (OVERDUE, TODAY, NONE, PLANNED)
"""The order of the cards in a column: what cannot wait comes first."""
TAGS = (OVERDUE, TODAY, NONE, PLANNED, ROTTING)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """The moment of reading, and when the reader's day ends."""

    now: datetime
    today_ends: datetime


@dataclass(frozen=True)
class CardStatus:
    key: str
    text: str


def bucket_of(next_due: datetime | None, clock: Clock) -> str:
    """Return where a deal stands by its next activity alone."""
    if next_due is None:
        return NONE
    if next_due < clock.now:
        return OVERDUE
    return TODAY if next_due < clock.today_ends else PLANNED


def idle_days(idle_since: datetime, clock: Clock) -> int:
    """Return the whole days since the last activity, or since the deal came into its stage."""
    return max(0, (clock.now - idle_since) // DAY)


def rots(
    idle_since: datetime, limit: int | None, clock: Clock, *, snoozed_until: datetime | None = None
) -> bool:
    """True if nothing happened for more whole days than the stage allows. None: it never rots.

    snoozed_until: until then somebody wants not to hear of it
    """
    if snoozed_until and snoozed_until > clock.now:
        return False
    return limit is not None and idle_days(idle_since, clock) > limit


def status_of(
    *,
    next_due: datetime | None,
    next_what: str,
    idle_since: datetime,
    limit: int | None,
    clock: Clock,
    snoozed_until: datetime | None = None,
) -> CardStatus:
    """Return the tag of an open deal.

    next_due, next_what: the earliest open follow-up, None and "" if there is none
    limit: days that the stage allows without an activity

    What is overdue or for today is said first; a deal that rots says so although something is
    planned for later, and says what: hiding it behind a call next month is how deals die.
    """
    key = bucket_of(next_due, clock)
    rotting = rots(idle_since, limit, clock, snoozed_until=snoozed_until)
    if key in (NONE, PLANNED) and rotting:
        idle = _("Idle %(days)s d, limit %(limit)s") % {
            "days": idle_days(idle_since, clock),
            "limit": limit,
        }
        return CardStatus(ROTTING, f"{idle}; {what_next(next_due, next_what, clock)}")
    text = what_next(next_due, next_what, clock)
    return CardStatus(key, text[:1].upper() + text[1:])


def what_next(next_due: datetime | None, what: str, clock: Clock) -> str:
    """Say what is next and when, in few words."""
    key = bucket_of(next_due, clock)
    if next_due is None or key == NONE:
        return _("no next activity")
    if key == OVERDUE:
        return _("%(what)s overdue %(span)s") % {"what": what, "span": late(clock.now - next_due)}
    if key == TODAY:
        return _("%(what)s today") % {"what": what}
    days = (next_due - clock.today_ends) // DAY + 1
    return _("next %(what)s in %(days)s d") % {"what": what, "days": days}


def late(span: timedelta) -> str:
    """Write how late something is in its largest unit."""
    if span >= DAY:
        return _("%s d") % (span // DAY)
    hours = span // timedelta(hours=1)
    return _("%s h") % hours if hours else _("%s min") % (span // timedelta(minutes=1))

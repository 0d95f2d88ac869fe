"""Follow-ups in the form that calendars read (RFC 5545): the feed of a user, and invitations."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.utils.timezone import now
from icalendar import Alarm, Calendar, Event, vCalAddress

from crm.activities.models import FollowUp
from crm.activities.recurrence import rule
from crm.mailing.senders import answer_addresses, sender_address
from crm.users.models import Organisation, User

USUAL_MINUTES = 30
YEARS_OF_CLOCKS = timedelta(days=5 * 366)
"""How far ahead the changes of the clock are told to a calendar."""


def empty(*, method: str, name: str = "") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Tandem//Tandem//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", timedelta(minutes=30), parameters={"value": "DURATION"})
    return calendar


def feed(user: User, follow_ups: Iterable[FollowUp]) -> bytes:
    """Return a user's calendar. What is done stays in it, without rule and alarm."""
    calendar = empty(method="PUBLISH", name=f"Tandem: {user.name}")
    for follow_up in follow_ups:
        event = event_of(follow_up)
        add_whom(event, follow_up)
        if follow_up.done_at is None:
            add_rule(event, follow_up)
            add_alarm(event, follow_up)
        calendar.add_component(event)
    return written(calendar)


def invitation(follow_up: FollowUp, *, method: str) -> bytes:
    """Return the invitation of the guest. method: REQUEST for new and changed ones, or CANCEL."""
    event = event_of(follow_up)
    organizer = vCalAddress(f"mailto:{organizer_address(follow_up)}")
    organizer.params["cn"] = str(follow_up.owner or Organisation.get().name)
    if organizer_address(follow_up) != sender_address():
        organizer.params["sent-by"] = f"mailto:{sender_address()}"
    guest = vCalAddress(f"mailto:{follow_up.guest}")
    guest.params["cn"] = str(follow_up.lead)
    guest.params["role"] = "REQ-PARTICIPANT"
    guest.params["partstat"] = "NEEDS-ACTION"
    guest.params["rsvp"] = "TRUE"
    event.add("organizer", organizer)
    event.add("attendee", guest)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    calendar = empty(method=method)
    calendar.add_component(event)
    return written(calendar)


def organizer_address(follow_up: FollowUp) -> str:
    """Return where the guest's calendar sends its answer: to us, if we receive mail.

    The mail comes from the organisation's address, so that stands beside it as who sent it.
    """
    answers = answer_addresses(follow_up.owner) if follow_up.owner else []
    return answers[-1] if answers else sender_address()


def event_of(follow_up: FollowUp) -> Event:
    """Return the follow-up as one event, in the time zone of its owner."""
    event = Event()
    host = settings.SITE_URL.split("/")[2]
    event.add("uid", f"{follow_up.uid}@{host}")
    event.add("sequence", follow_up.sequence)
    event.add("dtstamp", now())
    event.add("summary", follow_up.title)
    if follow_up.day:
        event.add("dtstart", follow_up.day)
        event.add("dtend", follow_up.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    else:
        start = follow_up.due_at.astimezone(follow_up.zone)
        length = timedelta(minutes=follow_up.minutes or USUAL_MINUTES)
        event.add("dtstart", start)
        event.add("dtend", (follow_up.due_at + length).astimezone(follow_up.zone))
    if follow_up.place:
        event.add("location", follow_up.place)
    return event


def add_whom(event: Event, follow_up: FollowUp) -> None:
    """Say whom it is about, and where the record is: for the owner, never for guests."""
    about = follow_up.deal or follow_up.lead
    event.add("url", f"{settings.SITE_URL}{about.get_absolute_url()}")
    known = (str(follow_up.lead), str(follow_up.lead.company or ""), follow_up.lead.phone)
    event.add("description", "\n".join(filter(None, known)))


def add_rule(event: Event, follow_up: FollowUp) -> None:
    if not follow_up.repeats:
        return
    parts = rule(follow_up.repeats, follow_up.repeat_on)
    if until := follow_up.repeat_until:
        end = datetime.combine(until, time(23, 59, 59), follow_up.zone)
        parts["until"] = until if follow_up.day else end.astimezone(UTC)
    event.add("rrule", parts)


def add_alarm(event: Event, follow_up: FollowUp) -> None:
    if follow_up.remind_minutes is None:
        return
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", follow_up.title)
    before = timedelta(minutes=follow_up.remind_minutes)
    if follow_up.day:  # from midnight on, at which the day begins for a calendar
        before -= timedelta(hours=9)
    alarm.add("trigger", -before)
    event.add_component(alarm)


def written(calendar: Calendar) -> bytes:
    """Return the calendar as a file, with the clock changes of the zones that it names."""
    today = now().date()
    calendar.add_missing_timezones(
        first_date=today - timedelta(days=366), last_date=today + YEARS_OF_CLOCKS
    )
    return bytes(calendar.to_ical())

"""The calendar that other programmes read, and invitations: read back with the library."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dateutil.rrule import rrulestr
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from crm.activities import services
from crm.activities.feeds import digest_of
from crm.activities.models import Activity, CalendarFeed, FollowUp
from crm.activities.services import NextStep
from crm.mailing import services as mailing
from crm.mailing.models import Mail
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
MEETING = Activity.Kind.MEETING
BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def nine(day):
    """Return nine o'clock on the wall, of no zone yet."""
    return datetime.fromisoformat(f"{day}T09:00")


@pytest.fixture
def rep(organisation):
    return UserFactory(name="Rita", email="rita@example.com", time_zone=BERLIN)


@pytest.fixture
def lead(rep):
    return LeadFactory(name="Ana; Costa, Ltd\\", email="ana@example.com", owner=rep)


@pytest.fixture
def feed(rep):
    return CalendarFeed.objects.create(user=rep, digest=digest_of("secret"))


def plan(lead, rep, at, **step):
    return services.plan_follow_up(lead, NextStep(MEETING, at, **step), owner=rep)


def read(feed):
    response = Client().get(reverse("activities:feed", args=["secret"]))
    assert response["Content-Type"].startswith("text/calendar")
    return checked(response.content)


def checked(content):
    """Parse and check a calendar: no errors, what must be there once is there once."""
    calendar = Calendar.from_ical(content)
    assert calendar["version"] == "2.0"
    assert calendar["prodid"]
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    zones = {zone["tzid"] for zone in calendar.walk("VTIMEZONE")}
    for event in calendar.walk("VEVENT"):
        assert event.errors == []
        assert event["uid"]
        assert event["dtstamp"].dt.tzinfo is not None
        assert event.end > event.start
        if named := event["dtstart"].params.get("tzid"):
            assert named in zones
    return calendar


def only_event(calendar):
    (event,) = calendar.walk("VEVENT")
    return event


def test_a_meeting_is_an_event_in_its_owners_zone(feed, rep, lead):
    at = datetime(2030, 7, 1, 9, tzinfo=ZoneInfo(BERLIN))
    plan(lead, rep, at, minutes=45, place="https://meet.example.com/x", remind_minutes=10)

    event = only_event(read(feed))

    assert event.start == at
    assert event["dtstart"].params["tzid"] == BERLIN
    assert event.end - event.start == timedelta(minutes=45)
    assert event["summary"] == f"Meeting with {lead}"
    assert event["location"] == "https://meet.example.com/x"
    (alarm,) = event.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(minutes=-10)


def test_an_all_day_one_has_days_and_no_clock(feed, rep, lead):
    plan(lead, rep, datetime(2030, 1, 1, tzinfo=UTC), day=date(2030, 3, 31))

    event = only_event(read(feed))

    assert (event.start, event.end) == (date(2030, 3, 31), date(2030, 4, 1))


@pytest.mark.parametrize(
    ("zone", "first", "change"),
    [
        (BERLIN, nine("2026-03-27"), date(2026, 3, 29)),
        (BERLIN, nine("2026-10-23"), date(2026, 10, 25)),
        (NEW_YORK, nine("2026-03-06"), date(2026, 3, 8)),
        (NEW_YORK, nine("2026-10-30"), date(2026, 11, 1)),
    ],
)
def test_a_series_keeps_its_time_of_day_when_the_clocks_change(
    feed, rep, lead, zone, first, change
):
    rep.time_zone = zone
    rep.save()
    until = first.date() + timedelta(days=6)
    with time_machine.travel(first.replace(tzinfo=UTC) - timedelta(days=1), tick=False):
        plan(lead, rep, first.replace(tzinfo=ZoneInfo(zone)), repeats="daily", repeat_until=until)

        event = only_event(read(feed))

    rule = rrulestr(event["rrule"].to_ical().decode(), dtstart=event.start)
    moments = list(rule)
    assert [moment.hour for moment in moments] == [9] * 7
    assert moments[-1].date() == until
    offsets = {moment.date() < change: moment.utcoffset() for moment in moments}
    assert offsets[True] != offsets[False]


def test_the_zones_clock_changes_are_told(feed, rep, lead):
    with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
        plan(lead, rep, datetime(2026, 3, 27, 9, tzinfo=ZoneInfo(BERLIN)))
        (zone,) = read(feed).walk("VTIMEZONE")

    told = zone.to_tz()
    for day, hours in ((28, 1), (29, 2)):
        assert told.utcoffset(nine(f"2026-03-{day}")) == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "until"), [(None, "20300401T215959Z"), (31, "20300401")])
def test_a_rule_ends_in_the_form_of_its_beginning(feed, rep, lead, day, until):
    at = datetime(2030, 1, 31, 9, tzinfo=ZoneInfo(BERLIN))
    whole = date(2030, 1, day) if day else None
    plan(lead, rep, at, day=whole, repeats="monthly", repeat_until=date(2030, 4, 1))

    rule = only_event(read(feed))["rrule"].to_ical().decode()

    assert f"UNTIL={until}" in rule
    assert "BYMONTHDAY=28,29,30,31;BYSETPOS=-1" in rule


def test_what_is_done_stays_a_month_without_rule_and_anothers_is_not_there(feed, rep, lead):
    at = datetime.now(UTC) - timedelta(days=2)
    done = plan(lead, rep, at, repeats="weekly", repeat_until=at.date() + timedelta(days=1))
    services.complete_follow_up(done)
    plan(lead, UserFactory(), at)

    event = only_event(read(feed))

    assert event["uid"] == f"{done.uid}@localhost:8000"
    assert re.fullmatch(r"[0-9a-f]{32}", done.uid)
    assert "rrule" not in event


def test_wrong_revoked_and_remade_addresses_lead_nowhere(feed, rep, sign_in):
    client, old = sign_in(rep), reverse("activities:feed", args=["secret"])
    assert Client().get(reverse("activities:feed", args=["guess"])).status_code == 404

    page = client.post(reverse("activities:feed-make")).content.decode()
    assert Client().get(old).status_code == 404
    new = re.search(r"/calendar/[\w-]+\.ics", page)[0]
    assert Client().get(new).status_code == 200

    client.post(reverse("activities:feed-revoke"))
    assert Client().get(new).status_code == 404


def test_an_address_is_shown_once_and_stored_as_a_digest(rep, sign_in):
    client = sign_in(rep)

    page = client.post(reverse("activities:feed-make")).content.decode()

    token = re.search(r"/calendar/([\w-]+)\.ics", page)[1]
    assert CalendarFeed.objects.get().digest == digest_of(token) != token
    assert token not in client.get(reverse("activities:feed-link")).content.decode()


def test_addresses_from_before_go_on_working(feed):
    hashing = import_module("crm.activities.migrations.0008_calendar_tokens_are_hashed")
    CalendarFeed.objects.update(digest="secret")

    hashing.hash_tokens(apps, None)

    assert read(feed)


def test_the_calendar_of_somebody_who_left_is_closed(feed, rep):
    rep.is_active = False
    rep.save()

    assert Client().get(reverse("activities:feed", args=["secret"])).status_code == 404


@pytest.mark.parametrize("count", [5, 100])
def test_a_feed_takes_three_queries(feed, rep, lead, count, django_assert_max_num_queries):
    for day in range(count):
        plan(lead, rep, datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=day))

    with django_assert_max_num_queries(3):
        calendar = read(feed)

    assert len(calendar.walk("VEVENT")) == count


def invitations():
    return [checked(bytes(mail.attachments.get().content)) for mail in Mail.objects.order_by("pk")]


def test_an_invitation_is_changed_and_called_off_under_one_name(rep, lead):
    at = datetime(2030, 7, 1, 9, tzinfo=ZoneInfo(BERLIN))
    meeting = plan(lead, rep, at, minutes=30, invite=True)
    step = NextStep(MEETING, at, meeting.title, minutes=30, remind_minutes=10)

    services.edit_follow_up(meeting, step)  # only the reminder: the guest hears nothing
    services.move_follow_up(meeting, date(2030, 7, 3))
    services.call_off(meeting)

    invited, changed, off = invitations()
    assert [c["method"] for c in (invited, changed, off)] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [only_event(c) for c in (invited, changed, off)]
    assert len({event["uid"] for event in events}) == 1
    assert [event["sequence"] for event in events] == [0, 1, 2]
    assert events[1].start == at + timedelta(days=2)
    assert events[2]["status"] == "CANCELLED"
    assert events[0]["organizer"] == "mailto:rita@example.com"
    assert events[0]["organizer"].params["sent-by"] == "mailto:tandem@example.com"
    assert events[0]["attendee"] == "mailto:ana@example.com"
    assert not FollowUp.objects.exists()


def test_the_invitation_travels_as_a_calendar_file(rep, lead, settings):
    settings.MAIL_KEPT = False
    plan(lead, rep, datetime(2030, 7, 1, 9, tzinfo=UTC), invite=True)

    mailing.send_due()

    (message,) = mail.outbox
    kinds = [(p.get_content_type(), p.get_param("method")) for p in message.message().walk()]
    assert ("text/calendar", "REQUEST") in kinds
    assert "You are invited" in message.body


def test_a_lead_without_address_or_a_series_is_not_invited(rep, lead, sign_in):
    url = reverse("activities:plan", args=[lead.pk])
    data = {"kind": "meeting", "due_at": "2030-01-01T09:00", "invite": "on"}
    client = sign_in(rep)

    series = client.post(url, {**data, "repeats": "weekly"})
    lead.email = ""
    lead.save()
    nobody = client.post(url, data)

    assert (series.status_code, nobody.status_code) == (422, 422)
    assert not Mail.objects.exists()

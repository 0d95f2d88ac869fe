"""Reminders, the calendar page, moving and calling off, and what is asked of each kind."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.timezone import now

from crm.activities import month, reminders, services
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep
from crm.funnel import handoffs
from crm.notifications.models import Notification
from crm.outbox.models import Effect
from tests.factories import DealFactory, LeadFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db
CALL = Activity.Kind.CALL
HTMX = {"HTTP_HX_REQUEST": "true"}
NOON = datetime(2026, 3, 4, 11, tzinfo=UTC)


@pytest.fixture
def rep(organisation):
    return UserFactory(time_zone="Europe/Berlin")


@pytest.fixture
def lead(rep):
    return LeadFactory(name="Ana", email="ana@example.com", owner=rep)


def plan(lead, rep, at, **step):
    return services.plan_follow_up(lead, NextStep(CALL, at, **step), owner=rep)


def sweep_at(moment):
    with time_machine.travel(moment, tick=False):
        for effect in list(Effect.objects.filter(kind=reminders.REMIND, due_at__lte=moment)):
            reminders.remind(effect.payload)


@time_machine.travel(NOON, tick=False)
def test_a_reminder_comes_once_and_not_before_its_time(lead, rep):
    plan(lead, rep, NOON + timedelta(hours=1), remind_minutes=10)

    sweep_at(NOON + timedelta(minutes=49))
    early = Notification.objects.count()
    for _ in range(3):
        sweep_at(NOON + timedelta(minutes=51))

    assert early == 0
    assert Notification.objects.get().user == rep


@time_machine.travel(NOON, tick=False)
def test_what_is_moved_is_reminded_of_at_its_new_time_only(lead, rep):
    follow_up = plan(lead, rep, NOON + timedelta(hours=1), remind_minutes=10)

    services.move_follow_up(follow_up, date(2026, 3, 5))
    sweep_at(NOON + timedelta(hours=2))
    before = Notification.objects.count()
    sweep_at(NOON + timedelta(days=1, hours=2))

    assert (before, Notification.objects.count()) == (0, 1)


@time_machine.travel(NOON, tick=False)
def test_nobody_is_reminded_of_what_is_done_or_called_off(lead, rep):
    services.complete_follow_up(plan(lead, rep, NOON + timedelta(hours=1), remind_minutes=0))
    services.call_off(plan(lead, rep, NOON + timedelta(hours=2), remind_minutes=0))

    sweep_at(NOON + timedelta(days=1))

    assert not Notification.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_a_whole_day_is_reminded_of_before_nine(lead, rep):
    plan(lead, rep, NOON, day=date(2026, 3, 6), remind_minutes=60)

    due_at = Effect.objects.get(kind=reminders.REMIND).due_at

    assert due_at == datetime(2026, 3, 6, 7, tzinfo=UTC)  # 8:00 in Berlin


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("meeting", {"meeting_kind": "video", "place": "https://x.example", "minutes": "30"},
         {"meeting_kind": "video", "place": "https://x.example", "minutes": 30}),
        ("demo", {"shown": "Planning board", "reaction": "keen"},
         {"shown": "Planning board", "reaction": "keen"}),
        ("negotiation", {"meeting_kind": "phone"}, {"meeting_kind": "phone"}),
        ("call", {"outcome": "voicemail", "minutes": "1"}, {"outcome": "voicemail"}),
    ],
)  # fmt: skip
def test_each_kind_keeps_what_is_asked_of_it(sign_in, lead, rep, kind, data, told):
    sign_in(rep).post(reverse("activities:log", args=[lead.pk, kind]), data, **HTMX)

    activity = Activity.objects.get()
    assert {name: getattr(activity, name) for name in told} == told


def test_the_first_contact_stops_the_clock_once_and_no_answer_does_not(lead, rep, organisation):
    handoff = waiting_handoff(rep=rep, lead=lead)
    handoffs.accept(handoff, actor=rep)
    first = now() - timedelta(minutes=1)

    services.log_activity(lead, CALL, actor=rep, outcome="no_answer")
    services.log_activity(lead, CALL, actor=rep, outcome="reached", at=first)
    services.log_activity(lead, CALL, actor=rep, outcome="reached")

    handoff.refresh_from_db()
    assert handoff.first_contact_at == first


def test_a_follow_up_is_planned_in_the_composer_of_a_deal(sign_in, lead, rep):
    deal = DealFactory(lead=lead, owner=rep)
    url = reverse("activities:plan", args=[lead.pk]) + f"?deal={deal.pk}"

    response = sign_in(rep).post(
        url, {"kind": "call", "due_at": "2030-01-01T09:00", "remind_minutes": "10"}, **HTMX
    )

    assert response.status_code == 200
    assert FollowUp.objects.get().deal == deal
    assert FollowUp.objects.get().remind_minutes == 10


def test_the_outcome_of_a_tapped_call_is_asked_in_the_dialog(sign_in, lead, rep):
    client, url = sign_in(rep), reverse("activities:log", args=[lead.pk, "call"])

    page = client.get(f"{url}?minutes=7", **HTMX, HTTP_HX_TARGET="dialog").content.decode()
    saved = client.post(url, {"outcome": "reached"}, **HTMX, HTTP_HX_TARGET="dialog-form")

    assert 'value="7"' in page
    assert "tandem:close" in saved["HX-Trigger"]
    assert "follow-up-planned" in saved["HX-Trigger"]


@time_machine.travel(NOON, tick=False)
def test_a_week_shows_what_falls_on_its_days_in_the_users_zone(sign_in, lead, rep):
    client = sign_in(rep)
    late = plan(lead, rep, datetime(2026, 3, 3, 23, 30, tzinfo=UTC))  # Wednesday in Berlin
    whole = plan(lead, rep, NOON, day=date(2026, 3, 4))
    daily = plan(lead, rep, NOON + timedelta(days=1), repeats="daily")
    plan(lead, UserFactory(), NOON)

    days = client.get(reverse("activities:calendar")).context["days"]

    assert [day.date.day for day in days] == [2, 3, 4, 5, 6, 7, 8]
    assert [entry.follow_up for entry in days[2].entries] == [whole, late]
    assert [[e.expected for e in day.entries] for day in days[3:]] == [[False]] + [[True]] * 3
    assert {e.follow_up for day in days[3:] for e in day.entries} == {daily}


def test_a_month_is_whole_weeks():
    span = month.Span("month", date(2026, 2, 10))

    assert (span.first, span.last) == (date(2026, 1, 26), date(2026, 3, 1))
    assert (span.previous, span.next) == (date(2026, 1, 1), date(2026, 3, 1))


@pytest.mark.parametrize("count", [5, 100])
def test_the_calendar_takes_few_queries(sign_in, lead, rep, count, django_assert_max_num_queries):
    client = sign_in(rep)
    for number in range(count):
        plan(lead, rep, now(), repeats="weekly" if number % 2 else "")

    with django_assert_max_num_queries(6):
        client.get(reverse("activities:calendar"), {"view": "month"})


@pytest.mark.parametrize("word", ["", "never", "0001-01-01", "9999-12-31"])
def test_a_damaged_day_shows_today(sign_in, rep, word):
    response = sign_in(rep).get(reverse("activities:calendar"), {"on": word})

    assert response.context["span"].on == response.context["today"]


def test_a_drag_moves_the_day_and_keeps_the_time(sign_in, lead, rep):
    follow_up = plan(lead, rep, datetime(2030, 3, 30, 8, tzinfo=UTC))  # 9:00 in Berlin
    client, url = sign_in(rep), reverse("activities:move", args=[follow_up.pk])

    refused = client.post(url, {"day": "soon"}, **HTMX)
    client.post(url, {"day": "2030-03-31"}, **HTMX)  # summer time

    follow_up.refresh_from_db()
    assert refused.status_code == 400
    assert follow_up.due_at == datetime(2030, 3, 31, 7, tzinfo=UTC)


def test_what_was_done_meanwhile_is_neither_moved_nor_called_off(lead, rep):
    follow_up = plan(lead, rep, now())
    services.complete_follow_up(FollowUp.objects.get(pk=follow_up.pk))

    assert not services.move_follow_up(follow_up, date(2030, 1, 1))
    assert not services.call_off(follow_up)
    assert FollowUp.objects.get().done_at

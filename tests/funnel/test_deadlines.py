"""Reminder and escalation: each exactly once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils.timezone import now

from crm.funnel import handoffs, routing, sla, tasks
from crm.funnel.models import IN_TIME, LATE, Handoff, Reason
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Role
from tests.factories import TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Ten o'clock in Berlin."""


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def rep(team):
    return UserFactory(team=team)


@pytest.fixture
def manager(team):
    return UserFactory(role=Role.SALES_MANAGER, team=team)


def test_a_handoff_that_was_overdue_when_given_on_stays_late(rep, manager):
    late = waiting_handoff(rep=rep, due_at=now() - timedelta(hours=1))
    first = late.due_at
    good = waiting_handoff(rep=rep)
    for handoff in (late, good):
        routing.reassign(handoff, UserFactory(team=rep.team), actor=manager)
        handoffs.accept(handoff, actor=handoff.rep)
        handoff.refresh_from_db()

    assert (late.breached_at, good.breached_at) == (first, None)
    assert (late.was_in_time, good.was_in_time) == (False, True)
    assert Handoff.objects.get(IN_TIME) == good
    assert Handoff.objects.get(LATE) == late


def near(rep, **values):
    """Return a handoff of which three quarters of the time are over."""
    values = {"remind_at": now() - timedelta(minutes=5), **values}
    return waiting_handoff(rep=rep, **values)


def wrong_fit():
    return Reason.objects.get(name="Wrong fit")


def overdue(rep, **values):
    return near(rep, due_at=now() - timedelta(minutes=1), **values)


def test_rep_is_reminded_once(rep):
    handoff = near(rep)

    tasks.watch_deadlines()
    tasks.watch_deadlines()

    assert Mail.objects.filter(to=rep.email).count() == 1
    handoff.refresh_from_db()
    assert handoff.reminded_at is not None
    assert handoff.escalated_at is None


def test_manager_hears_of_a_missed_deadline_once(rep, manager):
    handoff = overdue(rep)

    tasks.watch_deadlines()
    tasks.watch_deadlines()

    told = Notification.objects.filter(user=manager)
    assert [n.title for n in told] == [f"{handoff.lead} was not answered in time"]
    assert Mail.objects.filter(to=manager.email).count() == 1


def test_beat_that_was_away_catches_up_once(rep, manager):
    """Both moments passed while nothing ran: one reminder, one escalation, never two."""
    rows = [overdue(rep, remind_at=now() - timedelta(hours=2)) for _ in range(3)]

    done = [sla.watch(), sla.watch()]

    assert done == [(3, 3), (0, 0)]
    assert Notification.objects.filter(user=manager).count() == len(rows)


def test_second_of_two_beats_claims_nothing(rep, manager):
    handoff = overdue(rep)
    seen_by_both = Handoff.objects.select_related("lead", "rep", "team").get(pk=handoff.pk)

    first = (sla.remind(handoff), sla.escalate(handoff))
    second = (sla.remind(seen_by_both), sla.escalate(seen_by_both))

    assert (first, second) == ((True, True), (False, False))


def test_answered_handoff_is_left_alone(rep, manager):
    handoffs.accept(overdue(rep), actor=rep)

    assert sla.watch() == (0, 0)


def test_handoff_in_the_team_queue_is_escalated_but_reminds_nobody(team, manager):
    handoff = waiting_handoff(team=team, due_at=now() - timedelta(1), remind_at=now())

    sla.watch()

    handoff.refresh_from_db()
    assert (handoff.reminded_at, handoff.escalated_at is not None) == (None, True)
    assert manager.notifications.count() == 1


def test_new_rep_is_reminded_of_the_new_deadline(rep, manager):
    handoff = overdue(rep)
    sla.watch()
    bob = UserFactory(team=rep.team)

    routing.reassign(handoff, bob, actor=manager)
    Handoff.objects.update(remind_at=now() - timedelta(minutes=1))

    assert sla.watch() == (1, 0)
    assert bob.notifications.filter(title__contains="still waiting").count() == 1


def test_notifications_about_a_handoff_are_settled_by_its_answer(rep, manager, run_effects):
    handoff = overdue(rep)
    sla.watch()

    handoffs.accept(handoff, actor=rep)
    run_effects()

    assert not Notification.objects.unread().exists()


def test_first_contact_is_noted_once(rep):
    handoff = near(rep)
    handoffs.accept(handoff, actor=rep)
    first, second = now(), now() + timedelta(hours=1)

    noted = [sla.note_first_contact(handoff.lead, at) for at in (first, second)]

    handoff.refresh_from_db()
    assert (noted, handoff.first_contact_at) == ([True, False], first)


def test_contact_before_acceptance_is_no_first_contact(rep):
    handoff = near(rep)

    assert sla.note_first_contact(handoff.lead, now()) is False


def test_delays_of_routing_and_of_the_rep_are_told_apart(rep):
    opened = now() - timedelta(hours=5)
    handoff = near(rep, opened_at=opened, routed_at=opened + timedelta(hours=2))
    handoffs.accept(handoff, actor=rep)

    assert handoff.routing_delay == timedelta(hours=2)
    assert timedelta(hours=3) <= now() - handoff.routed_at < timedelta(hours=3, minutes=1)


def test_the_business_minutes_of_an_answer_are_kept_with_it(rep, run_effects):
    handoff = near(rep, opened_at=MONDAY, routed_at=MONDAY)
    with time_machine.travel(MONDAY + timedelta(days=1, minutes=30), tick=False):
        handoffs.reject(handoff, reason=wrong_fit(), actor=rep)
    run_effects()

    handoff.refresh_from_db()

    assert handoff.answer_minutes == 8 * 60 + 30


def test_an_answer_taken_back_was_not_measured(rep, run_effects):
    handoff = near(rep)
    handoffs.reject(handoff, reason=wrong_fit(), actor=rep)
    run_effects()

    handoffs.take_back_answer(handoff, actor=rep)
    run_effects()

    handoff.refresh_from_db()
    assert handoff.answer_minutes is None

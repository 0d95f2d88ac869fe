"""What happened is kept, what comes next is planned, and accepting a lead sets the first call."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from crm.activities import services
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep, NotLogged
from crm.funnel import handoffs
from crm.users.models import Role
from leads import ownership
from leads.models import Lead
from leads.normalising import BadValue
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db
CALL, NOTE = Activity.Kind.CALL, Activity.Kind.NOTE


@pytest.fixture
def rep():
    return UserFactory(team=TeamFactory())


def test_call_is_kept_with_outcome_minutes_and_next_step(rep):
    lead, tomorrow = LeadFactory(name="Ana"), now() + timedelta(days=1)

    call = services.log_activity(
        lead, CALL, actor=rep, outcome="reached", minutes=12, text=" Wants a demo ",
        next_step=NextStep(Activity.Kind.DEMO, tomorrow),
    )  # fmt: skip

    assert (call.outcome, call.minutes, call.text, call.by) == ("reached", 12, "Wants a demo", rep)
    planned = FollowUp.objects.get()
    assert (planned.title, planned.owner, planned.team) == ("Demo with Ana", rep, rep.team)
    assert planned.due_at == tomorrow


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (NOTE, {"text": "  "}),
        (CALL, {"minutes": 1441}),
        (CALL, {"at": now() + timedelta(days=365)}),
    ],
)
def test_what_cannot_have_happened_is_refused(rep, kind, values):
    with pytest.raises(NotLogged):
        services.log_activity(LeadFactory(), kind, actor=rep, **values)

    assert not Activity.objects.exists()


def test_text_with_a_character_that_cannot_be_shown_is_refused(rep):
    with pytest.raises(BadValue):
        services.log_activity(LeadFactory(), NOTE, actor=rep, text="a\x00b")


def test_accepting_a_lead_sets_the_first_call_once(organisation, rep, run_effects):
    handoff = waiting_handoff(rep=rep)

    handoffs.accept(handoff, actor=rep)
    run_effects()
    effects_again = {"handoff": handoff.pk}
    from crm.activities.effects import set_first_call

    set_first_call(effects_again)

    call = FollowUp.objects.get()
    handoff.refresh_from_db()
    assert (call.kind, call.owner, call.key) == (CALL, rep, f"first-call:{handoff.pk}")
    assert handoff.answered_at
    due = handoff.answered_at + timedelta(minutes=organisation.contact_minutes)
    assert call.due_at == due


@pytest.mark.parametrize(("outcome", "contact"), [("reached", True), ("no_answer", False)])
def test_first_contact_is_when_sales_reached_the_lead(
    organisation, rep, run_effects, outcome, contact
):
    handoff = waiting_handoff(rep=rep)
    handoffs.accept(handoff, actor=rep)
    run_effects()

    services.log_activity(handoff.lead, CALL, actor=rep, outcome=outcome)

    handoff.refresh_from_db()
    assert (handoff.first_contact_at is not None) is contact
    assert (FollowUp.objects.get().done_at is not None) is contact


def test_follow_up_is_completed_once_and_can_be_reopened(rep):
    follow_up = services.plan_follow_up(LeadFactory(), NextStep(CALL, now()), owner=rep)

    assert services.complete_follow_up(follow_up)
    assert not services.complete_follow_up(follow_up)
    assert services.reopen_follow_up(follow_up)
    assert FollowUp.objects.open().get() == follow_up


def test_overdue_follow_up_is_put_off_from_today(rep):
    due = now() - timedelta(days=10)
    follow_up = services.plan_follow_up(LeadFactory(), NextStep(CALL, due), owner=rep)

    services.snooze(follow_up, 3)

    follow_up.refresh_from_db()
    assert follow_up.due_at == due + timedelta(days=13)


def test_done_follow_up_is_not_put_off(rep):
    follow_up = services.plan_follow_up(LeadFactory(), NextStep(CALL, now()), owner=rep)
    services.complete_follow_up(follow_up)

    assert not services.snooze(follow_up, 1)


def test_open_follow_ups_and_waiting_handoffs_go_to_the_leads_new_owner(
    organisation, rep, run_effects
):
    new, manager = UserFactory(team=TeamFactory()), UserFactory(role=Role.SALES_MANAGER)
    handoff = waiting_handoff(rep=rep)
    services.plan_follow_up(handoff.lead, NextStep(CALL, now()), owner=rep)

    ownership.assign_owner(Lead.objects.filter(pk=handoff.lead_id), new, actor=manager)
    run_effects()

    handoff.refresh_from_db()
    follow_up = FollowUp.objects.get()
    assert (handoff.rep, handoff.team) == (new, new.team)
    assert (follow_up.owner, follow_up.team) == (new, new.team)


def test_what_is_open_for_a_lead_given_to_nobody_goes_to_its_teams_queue(rep, run_effects):
    manager = UserFactory(role=Role.SALES_MANAGER)
    handoff = waiting_handoff(rep=rep)
    answered = waiting_handoff(rep=rep)
    handoffs.accept(answered, actor=rep)
    services.plan_follow_up(handoff.lead, NextStep(CALL, now()), owner=rep)
    run_effects()  # of its routing, so that only the release is left to do

    ownership.assign_owner(Lead.objects.filter(pk=handoff.lead_id), None, actor=manager)
    run_effects()

    handoff.refresh_from_db()
    answered.refresh_from_db()
    follow_up = FollowUp.objects.get(lead=handoff.lead)
    assert (handoff.rep, handoff.team, handoff.outcome) == (None, rep.team, "waiting")
    assert "gave it to nobody" in handoff.routing_reason
    assert (follow_up.owner, follow_up.team) == (None, rep.team)
    assert answered.rep == rep


def test_open_follow_ups_follow_their_owner_to_another_team(rep):
    from crm.activities.effects import follow_team

    follow_up = services.plan_follow_up(LeadFactory(), NextStep(CALL, now()), owner=rep)
    rep.team = TeamFactory()
    rep.save()

    follow_team({"user": rep.pk})

    follow_up.refresh_from_db()
    assert follow_up.team == rep.team

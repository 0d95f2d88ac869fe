"""Leads walk through sequences: what each step does, and that it does it once."""

from datetime import datetime, timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.sequences import engine, entering
from campaigns.sequences.models import Enrolment, Sequence, Step, StepRun
from crm.activities.models import FollowUp
from crm.funnel import handoffs, ledger
from crm.funnel.models import Reason
from crm.stages import Stage
from crm.users.models import Role
from tests.factories import LeadFactory, TouchFactory, UserFactory, waiting_handoff
from tests.sequences.building import Kind, enter, follow_up, pass_by, sequence_of, step, wait

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State = Enrolment.State


@pytest.fixture(autouse=True)
def acme(organisation):
    return organisation


@pytest.fixture
def owner():
    return UserFactory(role=Role.MARKETER)


def state_of(enrolment: Enrolment) -> tuple[str, str]:
    enrolment.refresh_from_db()
    return enrolment.state, enrolment.reason


def test_a_lead_waits_and_then_gets_its_follow_up(owner):
    sequence = sequence_of(wait(2), follow_up(), owner=owner)
    [enrolment] = enter(sequence, LeadFactory())

    pass_by()
    pass_by(now() + DAY)
    assert not FollowUp.objects.exists()
    pass_by(now() + 2 * DAY)

    assert FollowUp.objects.get().owner == owner
    assert state_of(enrolment) == (State.FINISHED, "")


def test_a_step_that_was_done_is_not_done_again(owner):
    sequence = sequence_of(follow_up(), wait(1), follow_up(), owner=owner)
    enter(sequence, LeadFactory())

    for _ in range(3):
        pass_by()

    assert FollowUp.objects.count() == 1
    assert StepRun.objects.count() == 1


def test_the_follow_up_goes_to_the_leads_owner_and_else_to_the_sequences(owner):
    rep = UserFactory()
    sequence = sequence_of(follow_up(**{"for": "lead"}), owner=owner)
    enter(sequence, LeadFactory(owner=rep), LeadFactory())

    pass_by()

    assert set(FollowUp.objects.values_list("owner", flat=True)) == {rep.pk, owner.pk}


def test_a_follow_up_for_nobody_is_left_out_and_the_lead_walks_on():
    sequence = sequence_of(follow_up(), wait(1))
    [enrolment] = enter(sequence, LeadFactory())

    pass_by()

    assert StepRun.objects.get().outcome == StepRun.Outcome.SKIPPED
    enrolment.refresh_from_db()
    assert enrolment.step.kind == Kind.WAIT


def test_a_branch_asks_what_the_lead_did_since_it_entered(owner):
    sequence = sequence_of(
        wait(1), (Kind.BRANCH, {"condition": "touch", "touch": "download"}), owner=owner
    )
    branch = sequence.steps.get(kind=Kind.BRANCH)
    yes = step(sequence, *follow_up(), parent=branch, branch="yes")
    step(sequence, *wait(5), parent=branch, branch="no")
    before, since, never = LeadFactory(), LeadFactory(), LeadFactory()
    TouchFactory(lead=before, kind=Touch.Kind.DOWNLOAD, at=now() - DAY)
    enter(sequence, before, since, never)
    pass_by()
    TouchFactory(lead=since, kind=Touch.Kind.DOWNLOAD)

    pass_by(now() + DAY)

    assert set(StepRun.objects.filter(step=yes).values_list("enrolment__lead", flat=True)) == {
        since.pk
    }
    assert StepRun.objects.filter(step=branch, outcome="no").count() == 2


def test_both_ways_of_a_branch_meet_behind_it(owner):
    sequence = sequence_of(
        (Kind.BRANCH, {"condition": "score", "score": 50}), follow_up(), owner=owner
    )
    branch = sequence.steps.get(kind=Kind.BRANCH)
    step(sequence, *follow_up(), parent=branch, branch="yes")
    enter(sequence, LeadFactory(score=60), LeadFactory(score=10))

    pass_by()

    assert FollowUp.objects.count() == 3
    assert Enrolment.objects.filter(state=State.FINISHED).count() == 2


def test_an_exit_ends_the_sequence_and_may_count_as_the_goal():
    plain = sequence_of((Kind.EXIT, {}), wait(1))
    goal = sequence_of((Kind.EXIT, {"goal": True}), wait(1))
    [one], [other] = enter(plain, LeadFactory()), enter(goal, LeadFactory())

    pass_by()

    assert state_of(one) == (State.FINISHED, "")
    assert state_of(other) == (State.EXITED, "goal")


def test_who_reaches_the_goal_leaves_wherever_he_stands(owner):
    sequence = sequence_of(wait(9), follow_up(), owner=owner, goal="touch", goal_touch="webinar")
    lead, other = LeadFactory(), LeadFactory()
    [enrolment, stays] = enter(sequence, lead, other)
    pass_by()
    TouchFactory(lead=lead, kind=Touch.Kind.WEBINAR)

    pass_by()

    assert state_of(enrolment) == (State.EXITED, "goal")
    assert enrolment.step is not None
    assert state_of(stays) == (State.RUNNING, "")


def test_a_goal_of_a_stage_counts_what_is_reached_after_entering():
    sequence = sequence_of(wait(9), goal="stage", goal_stage=Stage.MQL)
    lead = LeadFactory()
    [enrolment] = enter(sequence, lead)
    pass_by()

    waiting_handoff(lead=lead)
    pass_by()

    assert state_of(enrolment) == (State.EXITED, "goal")


def test_a_lead_with_sales_keeps_still_and_its_wait_goes_on_when_it_is_recycled(owner):
    sequence = sequence_of(wait(10), follow_up(), owner=owner)
    lead, rep, start = LeadFactory(), UserFactory(), now()
    [enrolment] = enter(sequence, lead, at=start)
    pass_by(start)
    handoff = waiting_handoff(lead=lead, rep=rep)

    pass_by(start + 4 * DAY)
    assert state_of(enrolment) == (State.PAUSED, "")
    pass_by(start + 30 * DAY)
    assert not FollowUp.objects.exists()
    reason = Reason.objects.filter(use=Reason.Use.RECYCLE).first()
    handoffs.recycle(handoff, reason=reason, actor=rep, note="Next year")
    pass_by(start + 40 * DAY)
    assert state_of(enrolment) == (State.RUNNING, "")
    pass_by(start + 45 * DAY)
    assert not FollowUp.objects.exists()
    pass_by(start + 46 * DAY + timedelta(hours=2))

    assert FollowUp.objects.get().owner == owner


def test_a_lead_of_an_open_deal_keeps_still(owner):
    sequence = sequence_of(wait(1), follow_up(), owner=owner)
    lead = LeadFactory()
    [enrolment] = enter(sequence, lead)
    handoff = waiting_handoff(lead=lead, rep=UserFactory())
    handoffs.accept(handoff, actor=handoff.rep)

    pass_by()
    pass_by(now() + 9 * DAY)

    assert state_of(enrolment) == (State.PAUSED, "")
    assert not StepRun.objects.exists()


def test_a_lead_that_went_to_sales_a_moment_ago_gets_nothing_more(owner):
    sequence = sequence_of(wait(1), follow_up(), owner=owner)
    lead = LeadFactory()
    enter(sequence, lead)
    pass_by()
    waiting_handoff(lead=lead)

    engine.advance_all(now() + 2 * DAY)

    assert not FollowUp.objects.exists()


def test_disqualified_leads_and_customers_leave():
    sequence = sequence_of(wait(9))
    lead = LeadFactory()
    [enrolment] = enter(sequence, lead)
    ledger.move(lead, Stage.DISQUALIFIED, actor=None)

    pass_by()

    assert state_of(enrolment) == (State.EXITED, "disqualified")


def test_a_paused_sequence_stands_still_and_goes_on_when_it_is_live_again(owner):
    sequence = sequence_of(wait(1), follow_up(), owner=owner)
    enter(sequence, LeadFactory())
    pass_by()
    Sequence.objects.update(state=Sequence.State.PAUSED)

    pass_by(now() + 2 * DAY)
    assert not FollowUp.objects.exists()
    Sequence.objects.update(state=Sequence.State.LIVE)
    pass_by(now() + 2 * DAY)

    assert FollowUp.objects.count() == 1


def test_one_that_cannot_walk_on_holds_up_no_other(owner, monkeypatch):
    sequence = sequence_of(follow_up(), owner=owner)
    bad, good = LeadFactory(), LeadFactory()
    enter(sequence, bad, good)
    usual = engine.PERFORMERS[Kind.FOLLOW_UP]

    def fails_for_one(plan, step, group, at: datetime):
        if bad.pk in {enrolment.lead_id for enrolment in group}:
            raise ValueError("broken")
        return usual(plan, step, group, at)

    monkeypatch.setitem(engine.PERFORMERS, Kind.FOLLOW_UP, fails_for_one)
    pass_by()

    assert FollowUp.objects.get().lead == good
    stuck = Enrolment.objects.get(lead=bad)
    assert "broken" in stuck.note
    assert stuck.due_at > now()


def test_who_stands_on_a_wait_waits_by_the_organisations_clock_over_the_change_of_clocks(owner):
    sequence = sequence_of(wait(1), owner=owner)
    start = datetime.fromisoformat("2026-03-28T09:00:00+01:00")
    [enrolment] = enter(sequence, LeadFactory(), at=start)

    pass_by(start)

    enrolment.refresh_from_db()
    assert enrolment.due_at == datetime.fromisoformat("2026-03-29T09:00:00+02:00")


def test_the_number_of_questions_does_not_grow_with_the_leads(owner, django_assert_max_num_queries):
    sequence = sequence_of(
        follow_up(), (Kind.BRANCH, {"condition": "score", "score": 5}), wait(1), owner=owner
    )

    def walked(count: int) -> None:
        entering.enrol(sequence, [LeadFactory().pk for _ in range(count)], how=Enrolment.How.HAND)
        with django_assert_max_num_queries(24):
            engine.advance_all()

    walked(5)
    walked(60)

    assert Step.objects.count() == 3

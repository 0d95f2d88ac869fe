"""A tactic carried out: one follow-up after the other, until it ends or the sale moves on."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import localdate, now

from crm.activities import services as activities
from crm.activities.models import FollowUp
from crm.funnel import verdicts
from crm.funnel.models import Reason
from crm.users.models import Holiday, Role
from deals import closing
from deals import services as deals
from deals.playbooks import editing, running, tasks
from deals.playbooks.models import Playbook, PlaybookRun, PlaybookStep
from deals.playbooks.running import NotStarted
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 11, 20, 14, tzinfo=UTC)
"""Three o'clock in Berlin."""


@pytest.fixture
def tactic(db):
    """A playbook: a call at once, a letter the next working day, a call two later."""
    playbook = Playbook.objects.create(name="Tactic")
    for place, (kind, days) in enumerate([("call", 0), ("email", 1), ("call", 2)]):
        PlaybookStep.objects.create(
            playbook=playbook, position=place, kind=kind, title=f"Step {place}", delay_days=days
        )
    return playbook


@pytest.fixture
def run(tactic, accepted, rep):
    with time_machine.travel(FRIDAY, tick=False):
        return running.start(tactic, accepted(), actor=rep)


def open_steps(run):
    return list(
        FollowUp.objects.open().filter(key__startswith=f"playbook:{run.pk}:").order_by("pk")
    )


def complete(run, run_effects):
    [follow_up] = open_steps(run)
    activities.complete_follow_up(follow_up)
    run_effects()
    run.refresh_from_db()


def test_the_next_step_is_planned_in_working_days_when_the_one_before_is_done(run, run_effects):
    planned = []
    with time_machine.travel(FRIDAY, tick=False):
        while run.is_going:
            [follow_up] = open_steps(run)
            planned.append((follow_up.title, str(localdate(follow_up.due_at))))
            complete(run, run_effects)

    assert planned == [("Step 0", "2026-11-20"), ("Step 1", "2026-11-23"), ("Step 2", "2026-11-24")]
    assert (run.state, run.progress) == ("finished", "3 of 3")


def test_a_holiday_is_no_working_day(tactic, accepted, rep, run_effects):
    Holiday.objects.create(day=datetime(2026, 11, 23).date(), name="Fair")  # noqa: DTZ001
    with time_machine.travel(FRIDAY, tick=False):
        run = running.start(tactic, accepted(), actor=rep)
        complete(run, run_effects)

    assert str(localdate(open_steps(run)[0].due_at)) == "2026-11-24"


def test_completing_twice_plans_one_next_step(run, run_effects):
    complete(run, run_effects)

    for _ in range(2):
        running.carry_on(run.pk)

    assert len(open_steps(run)) == 1


def test_a_completion_taken_back_takes_the_next_step_back(run, run_effects):
    first = open_steps(run)[0]
    complete(run, run_effects)

    activities.reopen_follow_up(first)
    run_effects()

    run.refresh_from_db()
    assert open_steps(run) == [first]
    assert (run.step, run.follow_up) == (0, first)


def test_the_last_completion_taken_back_lets_it_run_again(run, run_effects):
    for _ in range(3):
        last = open_steps(run)[0]
        complete(run, run_effects)

    activities.reopen_follow_up(last)
    run_effects()

    run.refresh_from_db()
    assert (run.state, run.step, run.ended_at) == ("running", 2, None)


def test_a_step_called_off_is_passed_over(run):
    activities.call_off(open_steps(run)[0])

    tasks.tend()

    assert [step.title for step in open_steps(run)] == ["Step 1"]


def test_it_stops_when_the_lead_moves_on(run, rep):
    verdicts.recycle_lead(
        run.lead,
        reason=Reason.objects.filter(use="recycle", note_required=False)[0],
        actor=rep,
    )

    tasks.tend()

    run.refresh_from_db()
    assert (run.state, run.why) == ("stopped", "The lead moved on to Recycled")
    assert not open_steps(run)


def test_it_stops_when_the_deal_moves_on(tactic, sold, stages, rep):
    deal = sold()
    run = running.start(tactic, deal.lead, actor=rep, deal=deal)

    deals.move(deal, stages[1], version=deal.version, actor=rep)
    tasks.tend()

    run.refresh_from_db()
    assert (run.state, run.why) == ("stopped", "The deal moved on to Discovery")


def test_it_stops_when_the_deal_is_won_even_while_it_rests(tactic, sold, rep):
    deal = sold()
    run = running.start(tactic, deal.lead, actor=rep, deal=deal)
    running.pause(run)

    closing.win(deal, version=deal.version, amount_minor=1, currency="EUR", actor=rep)
    tasks.tend()

    run.refresh_from_db()
    assert (run.state, run.why) == ("stopped", "The deal was won")


def test_a_deals_playbook_goes_on_while_its_lead_moves(tactic, sold, rep):
    deal = sold()
    run = running.start(tactic, deal.lead, actor=rep, deal=deal)
    deal.lead.stage = "customer"
    deal.lead.save()

    tasks.tend()

    run.refresh_from_db()
    assert run.is_going


def test_a_paused_run_has_no_follow_up_and_goes_on_where_it_was(run, run_effects):
    complete(run, run_effects)

    running.pause(run)
    paused = open_steps(run)
    running.resume(run)

    run.refresh_from_db()
    assert paused == []
    assert [step.title for step in open_steps(run)] == ["Step 1"]
    assert run.step == 1


def test_a_stop_by_hand_can_be_taken_back(run, rep):
    running.stop(run, actor=rep)
    stopped = open_steps(run)

    assert running.take_up_again(run)
    assert stopped == []
    assert [step.title for step in open_steps(run)] == ["Step 0"]


def test_one_playbook_at_a_time(run, tactic, rep):
    with pytest.raises(NotStarted, match="already"):
        running.start(tactic, run.lead, actor=rep)

    assert PlaybookRun.objects.count() == 1


def test_a_playbook_without_steps_is_not_started(accepted, rep):
    empty = Playbook.objects.create(name="Empty")

    with pytest.raises(NotStarted, match="no steps"):
        running.start(empty, accepted(), actor=rep)


def test_changing_a_playbook_does_not_touch_what_runs(run, tactic, run_effects):
    tactic.steps.all().delete()

    complete(run, run_effects)

    assert [step.title for step in open_steps(run)] == ["Step 1"]


def test_one_that_ran_is_kept_but_not_offered(run, tactic):
    fresh = Playbook.objects.create(name="Fresh")

    assert editing.remove(tactic) is False
    assert editing.remove(fresh) is True
    tactic.refresh_from_db()
    assert not tactic.is_active


def test_steps_are_put_in_order(tactic):
    last = tactic.steps.last()

    editing.shift(last, -1)

    assert [step.title for step in tactic.steps.all()] == ["Step 0", "Step 2", "Step 1"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.services
def test_two_workers_take_a_run_one_step_further_together(tactic, accepted, rep):
    run = running.start(tactic, accepted(), actor=rep)
    FollowUp.objects.filter(pk=run.follow_up_id).update(done_at=now())
    barrier = Barrier(4)

    def carry():
        barrier.wait()
        running.carry_on(run.pk)
        connection.close()

    threads = [Thread(target=carry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(open_steps(run)) == 1
    assert PlaybookRun.objects.get(pk=run.pk).step == 1


def test_a_rep_starts_pauses_and_stops_it_on_the_record(sign_in, rep, accepted, tactic):
    client, lead = sign_in(rep), accepted()

    client.post(f"/leads/{lead.pk}/playbook/start/", {"playbook": tactic.pk})
    run = PlaybookRun.objects.get()
    panel = client.get(f"/leads/{lead.pk}/playbook/").content.decode()
    client.post(f"/playbook-runs/{run.pk}/pause/")
    paused = client.get(f"/leads/{lead.pk}/playbook/").content.decode()
    client.post(f"/playbook-runs/{run.pk}/stop/")
    over = client.get(f"/leads/{lead.pk}/playbook/").content.decode()

    assert "Step 0" in panel
    assert "Paused" in paused
    assert "Stopped by Maya Rep" in over


def test_a_second_start_says_why_not(sign_in, rep, run, tactic):
    answer = sign_in(rep).post(f"/leads/{run.lead_id}/playbook/start/", {"playbook": tactic.pk})

    assert answer.status_code == 422
    assert "already" in answer.content.decode()


def test_only_fitting_playbooks_are_offered(sign_in, rep, sold):
    deal = sold()

    page = sign_in(rep).get(f"/deals/{deal.pk}/playbook/start/").content.decode()

    assert "Negotiation" in page
    assert "Cold call cadence" not in page


def test_a_lead_that_sales_has_not_accepted_offers_none(sign_in, rep):
    lead = LeadFactory(owner=rep, team=rep.team)

    assert (
        "Start a playbook" not in sign_in(rep).get(f"/leads/{lead.pk}/playbook/").content.decode()
    )


def test_the_panel_costs_few_queries(sign_in, rep, run, django_assert_max_num_queries):
    client = sign_in(rep)

    with django_assert_max_num_queries(6):
        client.get(f"/leads/{run.lead_id}/playbook/")


def test_the_settings_page_costs_the_same_with_many_playbooks(
    sign_in, tactic, django_assert_max_num_queries
):
    for number in range(10):
        Playbook.objects.create(name=f"P{number}")
    client = sign_in(UserFactory(role=Role.SALES_MANAGER))

    with django_assert_max_num_queries(7):
        client.get("/settings/playbooks/")


def test_follow_ups_are_due_in_working_time(run):
    [follow_up] = open_steps(run)

    assert follow_up.due_at >= FRIDAY - timedelta(minutes=1)

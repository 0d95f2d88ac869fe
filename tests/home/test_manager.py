from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.home import manager, rebalancing
from crm.home.models import RebalancedRow, Rebalancing
from crm.stages import Stage
from crm.users.models import Role
from deals.models import Deal
from leads.models import Lead
from tests.factories import DealFactory, LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(organisation):
    return TeamFactory()


@pytest.fixture
def boss(team):
    return UserFactory(role=Role.SALES_MANAGER, team=team)


def test_the_managers_first_answer_takes_few_questions_however_many_reps(boss, team, sign_in):
    client = sign_in(boss)
    asked = []
    for more in (5, 20):
        for _ in range(more):
            rep = UserFactory(team=team)
            waiting_handoff(rep=rep, due_at=now() - timedelta(hours=1))
            DealFactory(owner=rep, team=team, close_on=now().date())
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        asked.append(len(queries))

    assert asked[0] == asked[1] <= 12


def test_a_missed_deadline_is_given_to_another_rep_in_place(boss, team, sign_in):
    slow, quick = UserFactory(team=team), UserFactory(team=team)
    handoff = waiting_handoff(rep=slow, due_at=now() - timedelta(hours=1))
    client = sign_in(boss)
    assert str(handoff.lead) in client.get("/").content.decode()

    answer = client.post(
        reverse("funnel:reassign", args=[handoff.pk]),
        {"rep": quick.pk},
        headers={"HX-Request": "true"},
    )

    assert "handoff-back" in answer.headers["HX-Trigger"]
    assert manager.breached(boss) == []


def test_reps_are_compared_by_the_month(boss, team):
    best, other = UserFactory(team=team), UserFactory(team=team)
    DealFactory(owner=best, team=team, status=Deal.Status.WON, closed_at=now(), amount_minor=900)
    lead = LeadFactory(owner=best, team=team)
    Activity.objects.create(lead=lead, kind="call", at=now(), by=best)
    handoff = waiting_handoff(rep=other)
    type(handoff).objects.filter(pk=handoff.pk).update(
        outcome="accepted", answered_at=now(), due_at=now() - timedelta(hours=1)
    )

    rows = {row.name: row for row in manager.reps_compared(boss)}

    assert rows[best.name].standing.won.amount == 900
    assert rows[best.name].activities == 1
    assert rows[other.name].in_time == 0.0
    assert list(rows) == [best.name, other.name]


def work_of(rep, team, *, leads=4):
    made = [LeadFactory(owner=rep, team=team, stage=Stage.SAL) for _ in range(leads)]
    deal = DealFactory(owner=rep, team=team, lead=made[0])
    handoff = waiting_handoff(rep=rep)
    return made, deal, handoff


def test_work_is_shared_out_among_others_and_given_back(boss, team):
    giver, first, second = (UserFactory(team=team) for _ in range(3))
    leads, deal, handoff = work_of(giver, team)
    work = rebalancing.open_work(giver, boss)
    plan = rebalancing.share_out([item for kind in work.values() for item in kind], [first, second])
    assert plan.count == 6

    made = rebalancing.start(giver, plan, actor=boss)

    assert not Lead.objects.filter(owner=giver).exists()
    deal.refresh_from_db()
    leads[0].refresh_from_db()
    assert deal.owner == leads[0].owner
    assert {lead.owner for lead in Lead.objects.filter(stage=Stage.SAL)} == {first, second}

    assert rebalancing.undo(made) is True
    assert rebalancing.undo(made) is False

    deal.refresh_from_db()
    handoff.refresh_from_db()
    assert (deal.owner, handoff.rep) == (giver, giver)
    assert Lead.objects.filter(owner=giver).count() == 5


def test_much_work_goes_in_chunks_and_survives_a_worker_that_ends_between_two(
    boss, team, monkeypatch, run_effects
):
    monkeypatch.setattr(rebalancing, "AT_ONCE", 2)
    giver, taker = UserFactory(team=team), UserFactory(team=team)
    work_of(giver, team, leads=7)
    work = rebalancing.open_work(giver, boss)
    plan = rebalancing.share_out([item for kind in work.values() for item in kind], [taker])

    made = rebalancing.start(giver, plan, actor=boss)
    assert made.rows.filter(state="given").count() == 2
    rebalancing.handle({"rebalancing": made.pk, "back": False})
    run_effects()

    assert set(made.rows.values_list("state", flat=True)) == {"given"}
    assert made.rows.count() == plan.count == 9
    rebalancing.undo(made)
    run_effects()
    assert set(made.rows.values_list("state", flat=True)) == {"returned"}


def test_what_has_gone_elsewhere_meanwhile_is_left_alone(boss, team):
    giver, taker, third = (UserFactory(team=team) for _ in range(3))
    leads, deal, _ = work_of(giver, team)
    work = rebalancing.open_work(giver, boss)
    plan = rebalancing.share_out(work["lead"], [taker])
    Lead.objects.filter(pk=leads[1].pk).update(owner=third)

    made = rebalancing.start(giver, plan, actor=boss)

    assert made.rows.get(object_id=leads[1].pk, kind="lead").state == RebalancedRow.State.PASSED
    leads[1].refresh_from_db()
    assert leads[1].owner == third


def test_the_page_shows_the_counts_before_anything_is_given(boss, team, sign_in):
    giver, taker = UserFactory(team=team), UserFactory(team=team)
    work_of(giver, team)
    client, url = sign_in(boss), reverse("home-rebalance")
    asked = {"giver": giver.pk, "takers": [taker.pk], "kinds": ["lead", "deal", "handoff"]}

    page = client.get(url, asked)
    assert [numbers for _, numbers in page.context["counts"]] == [[4, 1, 1]]
    assert not Rebalancing.objects.exists()
    answer = client.post(url, asked)

    assert answer.status_code == 302
    assert Rebalancing.objects.get().rows.filter(state="given").count() == 6


def test_a_manager_gives_no_work_of_another_team(boss, team, sign_in):
    outsider, taker = UserFactory(team=TeamFactory()), UserFactory(team=team)

    answer = sign_in(boss).post(
        reverse("home-rebalance"), {"giver": outsider.pk, "takers": [taker.pk], "kinds": ["lead"]}
    )

    assert answer.status_code == 422

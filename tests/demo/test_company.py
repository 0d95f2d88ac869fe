from datetime import timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.demo import plan
from crm.funnel.models import Handoff, StageTransition, Verdict
from crm.reports.funnel import funnel
from crm.reports.questions import Question
from crm.stages import MOVES, PATH, Stage
from deals.models import Deal
from leads.models import Lead

TOTALS = dict(plan.totals())


@pytest.fixture
def demo(demo_company, db):
    """The demo company, seeded once for this module; what a test changes is taken back."""


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6), day=st.datetimes())
def test_the_plan_counts_are_exact_whatever_the_seed_and_the_day(seed, day):
    day = day.replace(year=2026, tzinfo=now().tzinfo)

    lives = plan.lives(Random(seed), day)

    for index, stage in enumerate(PATH):
        assert sum(stage in life.at for life in lives) == sum(
            counts[index] for counts in plan.FUNNEL.values()
        )
    for life in lives:
        moments = list(life.at.values())
        assert moments == sorted(moments)
        assert moments[-1] <= day
        assert life.ended_at is None or moments[-1] <= life.ended_at <= day


def test_the_funnel_report_shows_the_known_counts(demo):
    report = funnel(Question())

    assert report.total.counts == TOTALS
    assert {row.key: tuple(row.counts.values()) for row in report.rows} == plan.FUNNEL


def test_every_lead_stands_where_its_ledger_says(demo):
    last = {step.lead_id: step.new_stage for step in StageTransition.objects.order_by("at", "pk")}

    assert last == dict(Lead.objects.values_list("pk", "stage"))


def test_every_move_is_one_of_the_funnel(demo):
    moves = StageTransition.objects.exclude(old_stage="").values_list("old_stage", "new_stage")

    assert all(Stage(new) in MOVES[Stage(old)] for old, new in moves.distinct())


def test_the_morning_has_something_for_everyone(demo):
    assert Handoff.objects.waiting().count() == plan.WAITING
    assert set(Deal.objects.values_list("status", flat=True)) == {"open", "won", "lost"}
    assert Deal.objects.filter(status="won").count() == TOTALS[Stage.CUSTOMER]
    assert Verdict.objects.filter(feedback=None).count() == 0


def test_nothing_of_it_lies_in_the_future(demo):
    assert not StageTransition.objects.filter(at__gt=now() + timedelta(seconds=1)).exists()


def test_a_lead_that_was_not_offered_is_not_ready(demo, run_effects):
    from campaigns.services import rescore_all

    rescore_all()
    run_effects()

    assert funnel(Question()).total.counts == TOTALS


def test_a_second_company_is_refused(demo):
    with pytest.raises(CommandError, match="empty"):
        call_command("seed_demo", stdout=StringIO())


def test_make_run_leaves_a_company_that_is_there_alone(demo):
    out = StringIO()

    call_command("seed_demo", "--if-empty", stdout=out)

    assert Lead.objects.count() == TOTALS[Stage.LEAD]


def test_whoever_logs_in_as_a_rep_finds_a_lead_that_waits(demo):
    waiting = Handoff.objects.waiting().values_list("rep__email", flat=True)

    assert "rita@example.com" in waiting

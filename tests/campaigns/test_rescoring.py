"""Scoring many leads: when a rule changes, and as points fade by the hour."""

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from campaigns.models import ScoringRule
from campaigns.services import record_touch, rescore, rescore_all, rescoring, score_lead
from campaigns.tasks import rescore_decayed
from crm.funnel.models import Handoff
from crm.outbox.models import Effect
from crm.stages import Stage
from leads.models import Lead
from tests.factories import LeadFactory, TouchFactory

from .test_qualifying import hot_lead, recycled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(rescoring, "CHUNK", 2)


def test_points_fade_by_the_hour(run_effects):
    lead = LeadFactory()
    record_touch(lead, "form", now(), "form:1")
    score_lead(lead.pk)

    with time_machine.travel(now() + timedelta(days=60), tick=False):
        rescoring.ask_for_decayed()
        Effect.objects.update(due_at=now() - timedelta(days=61))
        run_effects()

    lead.refresh_from_db()
    assert lead.score == 4  # 15 points, two half-lives old


def test_hourly_run_is_asked_for_once_an_hour_in_chunks():
    for _ in range(5):
        TouchFactory()

    rescore_decayed()
    rescore_decayed()

    assert Effect.objects.filter(kind=rescoring.RESCORE_DECAYED).count() == 3


def test_leads_whose_points_have_faded_long_ago_are_left_alone():
    lead = LeadFactory(scored_at=now())
    old = TouchFactory(lead=lead, at=now() - timedelta(days=900))
    Lead.objects.update(last_touch_at=old.at)

    assert not rescoring.fading().exists()


def test_recycled_lead_is_offered_when_its_cool_down_ends(run_effects):
    lead = recycled(hot_lead())
    TouchFactory(lead=lead, kind="demo_request", at=now())
    Lead.objects.update(last_touch_at=now(), recycled_until=now().date() + timedelta(days=7))
    rescoring.ask_for_decayed()
    run_effects()
    assert Handoff.objects.count() == 1

    Lead.objects.update(recycled_until=now().date())
    rescoring.ask_for_decayed(now() + timedelta(hours=1))
    run_effects()

    lead.refresh_from_db()
    assert (lead.stage, Handoff.objects.count()) == (Stage.MQL, 2)


def test_changed_rule_reaches_every_lead_and_offers_those_that_cross(run_effects):
    warm = [LeadFactory(job_title="CEO") for _ in range(3)]
    cold = [LeadFactory(job_title="Student") for _ in range(2)]
    ScoringRule.objects.filter(name="Decision maker").update(points=60)

    assert rescore_all() == 3
    assert rescoring.progress() == rescoring.Progress(0, 3)
    run_effects()

    assert rescoring.progress() == rescoring.Progress(3, 3)
    assert set(Lead.objects.filter(stage=Stage.MQL)) == set(warm)
    assert {lead.score for lead in Lead.objects.filter(pk__in=[c.pk for c in cold])} == {0}


def test_an_older_run_gives_way_to_a_newer_one(run_effects, django_assert_num_queries):
    LeadFactory(job_title="CEO")
    rescore_all()
    older = Effect.objects.get(kind=rescoring.RESCORE).payload
    rescore_all()

    with django_assert_num_queries(1):
        rescoring.handle(older)


def test_rescoring_nobody_asks_for_nothing():
    assert rescore_all() == 0
    assert rescoring.progress() == rescoring.Progress(0, 0)


def test_rescoring_twice_changes_nothing_the_second_time():
    LeadFactory(job_title="CEO")

    assert rescore(Lead.objects.all()) == 1
    assert rescore(Lead.objects.all()) == 0


@pytest.mark.parametrize("count", [5, 40])
def test_queries_of_a_chunk_do_not_grow_with_its_leads(count, django_assert_max_num_queries):
    for _ in range(count):
        TouchFactory(kind="form")

    with django_assert_max_num_queries(10 + count // 2):  # bulk_update in batches of CHUNK
        rescore(Lead.objects.all())

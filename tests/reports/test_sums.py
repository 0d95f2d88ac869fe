"""The kept sums, the ledger and a count lead by lead agree at every moment."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.common.periods import Period
from crm.funnel import ledger
from crm.reports import checking, from_ledger, keeping, sums
from crm.reports.facts import KEPT_BY
from crm.reports.funnel import funnel
from crm.reports.models import FunnelFact, StaleLead
from crm.reports.questions import COUNTINGS, Question
from crm.stages import PATH, Stage
from crm.users.models import Organisation, Role
from leads.models import Channel, Lead
from tests.factories import CampaignFactory, ChannelFactory, LeadFactory, UserFactory
from tests.reports.histories import (
    ONE_TRANSACTION,
    START,
    durations,
    empty_the_funnel,
    live,
    lives,
    recount,
)
from tests.reports.test_durations import DAY, allowance

pytestmark = pytest.mark.django_db

MONTHS = [
    Period(),
    Period(date(2026, 2, 1), date(2026, 4, 1)),
    Period(date(2026, 4, 1), None),
    Period(None, date(2026, 3, 1)),
]
questions = st.builds(
    Question,
    period=st.sampled_from(MONTHS),
    counting=st.sampled_from(list(COUNTINGS)),
    by=st.sampled_from([*KEPT_BY, "month"]),
)
ACTS = ["move", "take back", "channel", "campaign", "owner", "fold one", "fold", "ask"]
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99)), max_size=12)


@pytest.fixture(autouse=True)
def sums_are_kept(organisation):
    keeping.fold()


def assert_all_agree(question: Question, organisation: Organisation) -> None:
    kept = sums.count(question)

    assert kept is not None
    assert kept == from_ledger.count(question)
    assert kept.groups == recount(question, organisation.zone)
    for stage, stay in kept.stays.items():
        exact = durations(question, organisation.zone, stage)
        assert (stay.median is None) == (stay.p90 is None) == (not exact)
        if exact and stay.median is not None and stay.p90 is not None:
            middle = exact[(len(exact) - 1) // 2], exact[len(exact) // 2]
            allowed = sum(allowance(took) for took in middle) / 2
            assert abs(stay.median - sum(took / DAY for took in middle) / 2) <= allowed
            tail = exact[-(-9 * len(exact) // 10) - 1]
            assert abs(stay.p90 - tail / DAY) <= allowance(tail)


@settings(ONE_TRANSACTION, max_examples=12)
@given(histories=lives, acts=acts, asked=st.lists(questions, min_size=1, max_size=3))
def test_they_agree_whatever_happens_and_whenever_it_is_folded(
    organisation, histories, acts, asked
):
    empty_the_funnel()
    channels = [*Channel.objects.all()[:2], None]
    choices = {
        "channel": channels,
        "campaign": [CampaignFactory(), CampaignFactory(), None],
        "owner": [UserFactory(), UserFactory(), None],
    }
    for number, life in enumerate(histories):
        live(life, number, channels)
        if number % 3 == 2:
            keeping.fold(limit=2)

    for act, choice in acts:
        if act == "ask":
            assert_all_agree(asked[choice % len(asked)], organisation)
        else:
            perform(act, choice, choices)

    for question in asked:
        assert_all_agree(question, organisation)
    keeping.catch_up()
    for question in asked:
        assert_all_agree(question, organisation)
    assert checking.check() == []


def perform(act: str, choice: int, choices: dict[str, list[Any]]) -> None:
    """Do one thing to one of the leads, or fold."""
    if act.startswith("fold"):
        keeping.fold(limit=1 if act == "fold one" else 1000)
        return
    leads = list(Lead.objects.order_by("pk"))
    if not leads:
        return
    lead = leads[choice % len(leads)]
    if act in choices:
        Lead.objects.filter(pk=lead.pk).update(**{act: choices[act][choice % 3]})
    elif act == "move":
        old, to = Stage(lead.stage), PATH[choice % len(PATH)]
        ledger.write(lead, old, to, at=START + timedelta(hours=choice), actor=None)
        Lead.objects.filter(pk=lead.pk).update(stage=to)
        ledger.rebuild_entries([lead.pk])
    else:
        last = lead.transitions.order_by("pk").last()
        if last and last.old_stage and not last.reverts_id:
            ledger.take_back(last, actor=None)


def test_a_month_begins_by_the_organisations_clock(organisation):
    late_in_march = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # in Berlin it is April
    ledger.enter(lead_at(late_in_march), actor=None)
    question = Question(by="month")

    assert list(sums.count(question).groups) == ["2026-04"]
    keeping.catch_up()
    assert list(sums.count(question).groups) == ["2026-04"]


def test_another_time_zone_counts_the_months_anew(organisation):
    ledger.enter(lead_at(datetime(2026, 3, 31, 20, 30, tzinfo=UTC)), actor=None)
    keeping.catch_up()
    question = Question(by="month")
    Organisation.objects.update(time_zone="Asia/Tokyo")

    in_between = sums.count(question), [row.key for row in funnel(question).rows]
    keeping.catch_up()

    assert in_between == (None, ["2026-04"])
    assert list(sums.count(question).groups) == ["2026-04"]
    assert checking.check() == []


def test_what_the_sums_cannot_answer_is_counted_from_the_ledger(organisation, monkeypatch):
    LeadFactory(channel=ChannelFactory(key="ads"))
    rep, viewer = UserFactory(), UserFactory(role=Role.VIEWER)
    ragged = Question(period=Period(date(2000, 1, 15), None))

    assert sums.count(ragged) is None
    assert sums.count(Question(user=rep)) is None
    assert sums.count(Question(user=viewer)) is not None
    assert [row.key for row in funnel(ragged).rows] == ["ads"]
    monkeypatch.setattr(sums, "MOST_STALE", 0)
    assert sums.count(Question()) is None
    assert [row.key for row in funnel(Question()).rows] == ["ads"]


@pytest.mark.parametrize("times", [1, 9])
def test_a_fold_between_two_queries_is_noticed(organisation, monkeypatch, times):
    for _ in range(12):
        LeadFactory()
    read, folds = sums.kept_bins, iter(range(times))

    def read_after_a_fold(*args):
        for _ in folds:
            keeping.fold(limit=1)
            break
        return read(*args)

    monkeypatch.setattr(sums, "kept_bins", read_after_a_fold)

    assert funnel(Question()).total.counts[Stage.LEAD] == 12
    assert (sums.count(Question()) is None) == (times == 9)


def test_a_lead_that_is_gone_is_counted_out(organisation):
    lead = LeadFactory()
    keeping.catch_up()

    lead.entries.all().delete()
    keeping.catch_up()

    assert sums.count(Question()).groups == {}
    assert not FunnelFact.objects.exists()
    assert not StaleLead.objects.exists()


def test_two_campaigns_of_one_name_stay_two_rows(organisation):
    first, second = CampaignFactory(name="Spring"), CampaignFactory(name="Spring")
    for campaign in (first, first, second, CampaignFactory(name="Summer")):
        LeadFactory(campaign=campaign)

    rows = {row.key: row.counts[Stage.LEAD] for row in funnel(Question(by="campaign")).rows}

    assert rows == {f"Spring #{first.pk}": 2, f"Spring #{second.pk}": 1, "Summer": 1}


def lead_at(moment: datetime) -> Lead:
    """Return a lead that came in at `moment`, not yet in the ledger."""
    return Lead.objects.create(name="Ada", created_at=moment, stage_since=moment)


def test_the_median_is_that_of_the_ledger(organisation):
    for days in (1, 2, 10):
        lead = lead_at(datetime(2026, 3, 2, tzinfo=UTC))
        ledger.enter(lead, actor=None)
        at = lead.created_at + timedelta(days=days)
        ledger.write(lead, Stage.LEAD, Stage.MQL, at=at, actor=None)

    before = sums.count(Question()).stays[Stage.MQL].median
    keeping.catch_up()
    after = sums.count(Question()).stays[Stage.MQL].median

    assert before == after == pytest.approx(2, rel=0.01)

"""The funnel dashboard: cohort beside period, what they share, every breakdown, the trend."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.segments.models import Segment
from crm.common.periods import Period
from crm.reports import drill
from crm.reports.funnel import funnel
from crm.reports.funnel_answer import difference, funnel_answer
from crm.reports.questions import COHORT, PERIOD, Question
from crm.reports.side_by_side import dashboard, trend_period
from crm.stages import PATH, Stage
from crm.users.models import Role
from leads.models import Lead
from tests.factories import CompanyFactory, LeadFactory, TeamFactory, UserFactory
from tests.reports.histories import (
    ONE_TRANSACTION,
    PERIODS,
    counted_entries,
    empty_the_funnel,
    inside,
    live,
    lives,
    recount,
)

pytestmark = pytest.mark.django_db
BY = ["industry", "size", "team", "rep"]


@ONE_TRANSACTION
@given(histories=lives, period=st.sampled_from(PERIODS))
def test_cohort_and_period_differ_by_what_is_said(organisation, histories, period):
    empty_the_funnel()
    viewer = UserFactory(role=Role.VIEWER)
    for number, life in enumerate(histories):
        live(life, number, [None, None, None])

    found = dashboard(Question(period=period, user=viewer))

    shared = dict.fromkeys(PATH, 0)
    for _, stage, entries in counted_entries(COHORT, period, organisation.zone):
        shared[stage] += inside(entries[stage].at, period, organisation.zone)
    assert found.shared == shared
    for row in difference(found).rows:
        cohort, later, earlier, counted = (cell.value for cell in row.cells.values())
        assert cohort - later + earlier == counted
        for cell in row.cells.values():
            word = cell.url.partition("funnel=")[2]
            rows = drill.filter_leads(Lead.objects.all(), word, viewer).count() if word else 0
            assert rows == cell.value, word


@ONE_TRANSACTION
@given(
    histories=lives,
    period=st.sampled_from(PERIODS),
    counting=st.sampled_from([COHORT, PERIOD]),
    by=st.sampled_from(BY),
)
def test_every_breakdown_equals_a_recount(organisation, histories, period, counting, by):
    empty_the_funnel()
    teams = [TeamFactory(), None]
    reps = [UserFactory(team=teams[0]), None]
    kinds = [("Food. Drink", "10-49"), ("", "")]
    companies = [*(CompanyFactory(industry=i, size=s) for i, s in kinds), None]
    for number, life in enumerate(histories):
        lead = live(life, number, [None, None, None])
        Lead.objects.filter(pk=lead.pk).update(
            owner=reps[number % 2], team=teams[number % 2], company=companies[number % 3]
        )

    question = Question(period=period, counting=counting, by=by)
    found = funnel(question)

    assert {row.value: row.counts for row in found.rows} == recount(question, organisation.zone)
    assert sum(row.counts[Stage.LEAD] for row in found.rows) == found.total.counts[Stage.LEAD]


def test_a_lead_counts_in_each_of_its_segments_and_once_in_all(organisation):
    german = {"join": "all", "rules": [{"field": "country", "operator": "in", "value": ["DE"]}]}
    Segment.objects.create(name="Germany", rules=german)
    listed = Segment.objects.create(name="Listed", kind="static")
    for country in ("DE", "DE", "FR"):
        lead = LeadFactory(country=country)
        listed.listed.create(lead=lead)

    found = funnel(Question(by="segment"))

    assert {row.key: row.counts[Stage.LEAD] for row in found.rows} == {"Germany": 2, "Listed": 3}
    assert found.total.counts[Stage.LEAD] == 3


def test_only_the_leads_of_a_team_are_asked_for(organisation):
    north = TeamFactory()
    LeadFactory(owner=UserFactory(team=north), team=north)
    LeadFactory()

    answer = funnel_answer(Question(whose=f"team-{north.pk}"))

    assert answer.tables[0].total.value("lead") == 1
    assert answer.tables[0].total.cells["lead"].url.endswith(f"team-{north.pk}")


@pytest.mark.parametrize(
    ("period", "trend"),
    [
        (Period(date(2026, 7, 1), date(2026, 10, 1)), Period(date(2025, 10, 1), date(2026, 10, 1))),
        (Period(date(2026, 3, 9), date(2026, 3, 12)), Period(date(2025, 4, 1), date(2026, 4, 1))),
        (Period(date(2024, 1, 1), date(2026, 1, 1)), Period(date(2024, 1, 1), date(2026, 1, 1))),
        (Period(None, date(2026, 3, 12)), Period(None, date(2026, 4, 1))),
    ],
)
def test_the_trend_is_of_whole_months_and_a_year_at_least(period, trend):
    assert trend_period(period) == trend

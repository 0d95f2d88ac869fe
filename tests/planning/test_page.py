"""The planner: measured, changed in the address, adopted as quotas and commitments, taken back."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import Commitment, Spend
from crm.audit.models import AuditEntry
from crm.common.periods import add_months
from crm.funnel import ledger
from crm.planning.models import AdoptedPlan
from crm.planning.report import answer
from crm.reports.questions import Question, today
from crm.stages import PATH
from crm.users.models import Role
from deals.forecast.models import Quota
from deals.forecast.spans import QUARTER, span_of
from leads.models import Lead
from tests.factories import CampaignFactory, DealFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
GIVEN = {"target": "90000", "value": "3000", "win_rate": "25", "sql_rate": "50", "mql_rate": "20",
         "cost": "30", "win_lag": "1", "sql_lag": "0", "mql_lag": "0"}  # fmt: skip


@pytest.fixture
def quarter():
    return span_of(QUARTER, today()).shifted(2)


@pytest.fixture
def asked(quarter):
    return {**GIVEN, "quarter": quarter.key}


def value(found, table, row, column):
    rows = {one.key: one for one in found.tables[table].rows}
    return rows[row].value(column)


def test_what_is_given_is_planned_with(asked, quarter):
    found = answer(Question(more=asked))

    first, before = quarter.first, add_months(quarter.first, -1)
    assert value(found, 0, f"{first:%Y-%m}", "deals") == 10
    assert value(found, 0, f"{before:%Y-%m}", "sqls") == 40
    assert value(found, 0, f"{before:%Y-%m}", "leads") == 400
    assert found.tables[0].total.value("budget") == 3 * 400 * 3000
    assert found.as_dict()["total"]["leads"] == 1200


def test_too_little_is_said_to_be_missing():
    found = answer(Question())

    assert not found.tables[0].rows
    assert "Say a number" in found.notes[0]


def test_rates_are_those_of_the_funnel():
    at = now() - timedelta(days=40)
    leads = Lead.objects.bulk_create(Lead(name=f"L{n}", created_at=at) for n in range(100))
    reached = dict(zip(PATH, (100, 40, 30, 25, 24, 5), strict=True))
    for number, lead in enumerate(leads):
        before = None
        for stage in (stage for stage, many in reached.items() if number < many):
            ledger.write(lead, before, stage, at=at, actor=None)
            before = stage
    ledger.rebuild_entries([lead.pk for lead in leads])
    Spend.objects.create(campaign=CampaignFactory(), day=at.date(), amount_minor=50_000)
    for lead in leads[:20]:
        DealFactory(lead=lead, status="won", closed_at=at, amount_minor=200_000, currency="EUR")

    found = {row.key: row.value("measured") for row in answer(Question()).tables[1].rows}

    assert found["mql_rate"] == "40.0%"
    assert found["sql_rate"] == "62.5%"
    assert found["win_rate"] == "20.0%"
    assert (found["value"], found["cost"]) == ("2,000", "5")


def test_a_plan_is_adopted_as_quotas_and_commitments_and_taken_back(sign_in, asked, quarter):
    seller, other = UserFactory(role=Role.REP, weight=2), UserFactory(role=Role.REP, weight=1)
    Quota.objects.create(user=other, starts_on=quarter.first, amount_minor=77, currency="EUR")
    client = sign_in(role=Role.SALES_MANAGER)
    url = "/plan/adopt/?" + "&".join(f"{name}={text}" for name, text in asked.items())

    preview = client.get(url).content.decode()
    client.post(url)

    assert str(seller) in preview
    quotas = Quota.objects.filter(starts_on=quarter.first)
    assert sum(quotas.values_list("amount_minor", flat=True)) == 3_000_000
    assert quotas.get(user=seller).amount_minor > quotas.get(user=other).amount_minor
    assert Commitment.objects.get(month=add_months(quarter.first, -1)).mqls == 80
    page = client.get("/plan/", asked).content.decode()
    assert "Plan and actual" in page
    assert AuditEntry.objects.filter(area="plan").count() == 1

    plan = AdoptedPlan.objects.get()
    client.post(f"/plan/{plan.pk}/take-back/")
    client.post(f"/plan/{plan.pk}/take-back/")

    assert list(Quota.objects.values_list("user", "amount_minor")) == [(other.pk, 77)]
    assert not Commitment.objects.exists()
    assert AuditEntry.objects.filter(area="plan").count() == 2


def test_adopting_twice_leaves_one_plan_in_force(sign_in, asked):
    UserFactory(role=Role.REP)
    client = sign_in(role=Role.MARKETING_MANAGER)
    url = "/plan/adopt/?" + "&".join(f"{name}={text}" for name, text in asked.items())

    client.post(url)
    client.post(url)

    assert AdoptedPlan.objects.count() == 2
    assert AdoptedPlan.objects.filter(taken_back_at=None).count() == 1


def test_nothing_is_adopted_from_half_a_plan(sign_in):
    refused = sign_in(role=Role.SALES_MANAGER).post("/plan/adopt/")

    assert refused.status_code == 422
    assert not AdoptedPlan.objects.exists()


@pytest.mark.parametrize("text", ["", "x", "-5", "1e99", "NaN", "0"])
def test_no_number_is_as_good_as_not_said(asked, text):
    found = answer(Question(more={**asked, "win_rate": text}))

    assert not found.tables[0].rows


def test_the_page_costs_few_queries(sign_in, asked, django_assert_max_num_queries):
    client = sign_in(role=Role.VIEWER)

    with django_assert_max_num_queries(15):
        assert client.get("/plan/", asked).status_code == 200

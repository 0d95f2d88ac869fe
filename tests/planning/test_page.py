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
from tests.factories import CampaignFactory, DealFactory, TeamFactory, UserFactory

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


def adopt_url(asked):
    return "/plan/adopt/?" + "&".join(f"{name}={text}" for name, text in asked.items())


def quotas_of(user, span):
    rows = Quota.objects.filter(user=user, span="month", starts_on__in=span.months)
    return list(rows.order_by("starts_on").values_list("amount_minor", flat=True))


def test_an_administrator_adopts_quotas_and_commitments_and_takes_them_back(
    sign_in, asked, quarter
):
    seller, other = UserFactory(role=Role.REP, weight=2), UserFactory(role=Role.REP, weight=1)
    client = sign_in(role=Role.ADMIN)

    preview = client.get(adopt_url(asked)).content.decode()
    client.post(adopt_url(asked))

    assert str(seller) in preview
    assert "weights in the round robin" in preview
    assert quotas_of(seller, quarter) == [2_000_000] * 3
    assert quotas_of(other, quarter) == [1_000_000] * 3
    assert Commitment.objects.get(month=add_months(quarter.first, -1)).mqls == 80
    page = client.get("/plan/", asked).content.decode()
    assert "Plan and actual" in page
    assert AuditEntry.objects.filter(area="plan").count() == 1

    plan = AdoptedPlan.objects.get()
    client.post(f"/plan/{plan.pk}/take-back/")
    client.post(f"/plan/{plan.pk}/take-back/")

    assert not Quota.objects.exists()
    assert not Commitment.objects.exists()
    assert AuditEntry.objects.filter(area="plan").count() == 2


def test_each_manager_adopts_only_what_they_may_set(sign_in, asked, quarter):
    north, south = TeamFactory(), TeamFactory()
    mine = UserFactory(role=Role.REP, team=north)
    others = UserFactory(role=Role.REP, team=south)

    sign_in(role=Role.SALES_MANAGER, team=north, weight=0).post(adopt_url(asked))

    assert quotas_of(mine, quarter) == [1_500_000] * 3  # half of 30,000 a month: two sellers
    assert quotas_of(others, quarter) == []
    assert not Commitment.objects.exists()

    sign_in(role=Role.MARKETING_MANAGER).post(adopt_url(asked))

    assert Commitment.objects.filter(mqls=80).count() == 3
    assert Quota.objects.count() == 3
    assert set(AdoptedPlan.objects.in_force(quarter.first).values_list("part", flat=True)) == {
        f"team-{north.pk}",
        "marketing",
    }


def test_a_manager_without_sellers_is_told_why_nothing_is_adopted(sign_in, asked):
    UserFactory(role=Role.REP, team=TeamFactory())

    refused = sign_in(role=Role.SALES_MANAGER).post(adopt_url(asked))

    assert refused.status_code == 422
    assert "you are in no team" in refused.content.decode()
    assert not AdoptedPlan.objects.exists()
    assert not Quota.objects.exists()


def test_shares_follow_the_quotas_in_force_and_months_sum_to_the_target(sign_in, asked, quarter):
    people = [UserFactory(role=Role.REP) for _ in range(3)]
    before = quarter.shifted(-1)
    for person, amount in zip(people, (500, 250, 250), strict=True):
        Quota.objects.create(
            user=person, starts_on=before.first, amount_minor=amount, currency="EUR"
        )
    asked["target"] = "100000.01"

    sign_in(role=Role.ADMIN).post(adopt_url(asked))

    found = [quotas_of(person, quarter) for person in people]
    assert sum(map(sum, found)) == 10_000_001
    assert sum(found[0]) == pytest.approx(5_000_000, abs=3)
    months = [sum(amounts) for amounts in zip(*found, strict=True)]
    assert max(months) - min(months) <= 1


def test_the_running_month_and_the_past_stay_as_they_are(sign_in, asked, quarter):
    seller = UserFactory(role=Role.REP)
    running = span_of(QUARTER, today())
    present = today().replace(day=1)
    for month in running.months:
        Quota.objects.create(user=seller, starts_on=month, amount_minor=77, currency="EUR")
    Commitment.objects.create(month=present, mqls=7)
    asked |= {"quarter": running.key, "win_lag": "0"}

    sign_in(role=Role.ADMIN).post(adopt_url(asked))

    for month, amount in zip(running.months, quotas_of(seller, running), strict=True):
        assert (amount == 77) == (month <= present)
    assert Commitment.objects.get(month=present).mqls == 7


def test_a_quarter_or_team_quota_gives_way_to_the_sum_of_months_and_sellers(
    sign_in, asked, quarter
):
    team = TeamFactory()
    seller = UserFactory(role=Role.REP, team=team)
    Quota.objects.create(
        user=seller, span="quarter", starts_on=quarter.first, amount_minor=9, currency="EUR"
    )
    Quota.objects.create(team=team, starts_on=quarter.first, amount_minor=5, currency="EUR")
    client = sign_in(role=Role.ADMIN)

    preview = client.get(adopt_url(asked)).content.decode()
    client.post(adopt_url(asked))

    assert "Removed, so that totals are the sum" in preview
    assert quotas_of(seller, quarter) == [3_000_000] * 3
    assert Quota.objects.count() == 3

    client.post(f"/plan/{AdoptedPlan.objects.get().pk}/take-back/")

    assert sorted(Quota.objects.values_list("amount_minor", flat=True)) == [5, 9]


def test_what_somebody_changed_since_stays_when_a_plan_is_taken_back(sign_in, asked, quarter):
    seller = UserFactory(role=Role.REP)
    client = sign_in(role=Role.ADMIN)
    client.post(adopt_url(asked))
    Quota.objects.filter(user=seller, starts_on=quarter.first).update(amount_minor=123)

    client.post(f"/plan/{AdoptedPlan.objects.get().pk}/take-back/")

    assert list(Quota.objects.values_list("starts_on", "amount_minor")) == [(quarter.first, 123)]


def test_adopting_twice_leaves_one_plan_in_force(sign_in, asked):
    UserFactory(role=Role.REP)
    client = sign_in(role=Role.MARKETING_MANAGER)

    client.post(adopt_url(asked))
    client.post(adopt_url(asked))

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

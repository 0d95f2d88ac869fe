from datetime import UTC, date, datetime, timedelta

import pytest

from crm.common.periods import Period, before
from crm.reports.quantiles import Spread
from crm.reports.questions import Question
from crm.reports.velocity import report
from crm.reports.velocity.closing import Closed, velocity
from crm.stages import Stage
from crm.users.models import Role, Scope
from tests.factories import CompanyFactory, DealFactory, LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


def closed(status, *, day, took=10, amount=0, **fields):
    at = datetime(2026, 3, day, 12, tzinfo=UTC)
    return DealFactory(
        status=status, closed_at=at, created_at=at - timedelta(days=took), amount_minor=amount,
        **fields,
    )  # fmt: skip


def values(row):
    return {key: cell.value for key, cell in row.cells.items()}


def test_win_rate_average_and_cycle_by_hand():
    rita = UserFactory(name="Rita")
    closed("won", day=1, took=10, amount=100_00, owner=rita)
    closed("won", day=2, took=30, amount=201_00, owner=rita)
    closed("won", day=3, took=20, amount=100_00, owner=rita)
    closed("lost", day=4, took=5, amount=999_00, owner=rita)
    closed("won", day=5, took=99, amount=500_00, currency="USD", owner=None, team=None)
    DealFactory(owner=rita)

    answer = report.answer(Question(period=MARCH, by="rep"))

    rows = {row.label: values(row) for row in answer.tables[0].rows}
    assert rows["Rita"] == {
        "won": 3,
        "lost": 1,
        "win_rate": 0.75,
        "amount": 401_00,
        "average": 133_67,
        "cycle": 20,
        "cycle_p90": 30,
    }
    assert (rows["(none)"]["won"], rows["(none)"]["amount"]) == (1, 0)
    assert rows["(none)"]["average"] is None
    assert values(answer.tables[0].total)["cycle"] == 25
    assert answer.notes == ("1 won deal is in another currency and in no amount.",)


def test_a_deal_counts_in_the_month_of_the_day_on_which_it_was_signed():
    closed("won", day=1)
    late = closed("won", day=31)
    late.closed_on = date(2026, 4, 1)  # its moment is in March, by any clock
    late.save()

    answer = report.answer(Question(period=MARCH, by="rep"))

    assert answer.tables[0].total.value("won") == 1


def test_what_the_open_deals_bring_a_day():
    found = Closed(won=1, lost=3, amount=1000_00, counted=1, cycle=Spread(1, timedelta(days=50)))

    assert velocity(found, 8) == 40_00  # 8 × 25 % × 1,000 ÷ 50
    assert velocity(Closed(), 8) is None


def test_the_period_before_stands_beside_each_number():
    february = datetime(2026, 2, 10, tzinfo=UTC)
    rita = UserFactory()
    DealFactory(status="lost", closed_at=february, owner=rita)
    closed("won", day=1, owner=rita)

    answer = report.answer(Question(period=MARCH, by="rep", before=before(MARCH)))

    won = answer.tables[0].rows[0].cells["won"]
    rate = answer.figures[0].cell
    assert (won.value, won.before) == (1, 0)
    assert (rate.value, rate.before) == (1, 0)


def test_companies_without_an_industry_and_leads_without_a_company_are_one_group():
    for company in (None, CompanyFactory(industry="")):
        closed("won", day=1, lead=LeadFactory(company=company), company=company)

    answer = report.answer(Question(period=MARCH, by="industry"))

    assert [(row.label, row.value("won")) for row in answer.tables[0].rows] == [("(none)", 2)]


def test_a_stage_says_who_stands_there_and_for_how_long():
    LeadFactory(stage=Stage.SQL, stage_since=datetime(2026, 1, 1, tzinfo=UTC))
    LeadFactory(stage=Stage.SQL)

    rows = {row.key: row for row in report.answer(Question(by="rep")).tables[1].rows}

    assert rows["sql"].value("here") == 2
    assert rows["sql"].value("oldest") > 30
    assert rows["sal"].value("oldest") is None


def test_a_rep_sees_his_own_deals(sign_in):
    rita = UserFactory(role=Role.REP, scope=Scope.OWN)
    closed("won", day=1, owner=rita)
    closed("won", day=1)

    answer = report.answer(Question(period=MARCH, by="rep", user=rita))

    assert answer.tables[0].total.value("won") == 1


@pytest.mark.parametrize("report_name", ["velocity", "response", "activity", "leaks"])
@pytest.mark.parametrize("many", [1, 12])
def test_the_pages_cost_few_queries_however_much_there_is(
    sign_in, django_assert_max_num_queries, report_name, many
):
    for _ in range(many):
        owner = UserFactory()
        closed("won", day=1, owner=owner)
        DealFactory(owner=owner)
    client = sign_in(role=Role.VIEWER)
    asked = {"period": "all", "compare": "before", "by": "rep"}

    with django_assert_max_num_queries(15):
        client.get(f"/reports/{report_name}/", asked | {"period": "year"})

"""A month counted by hand, at both ends of the world's clocks."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.users.models import Organisation, Role, usual_week
from deals.forecast import counting, forecasting
from deals.forecast.models import Quota
from deals.forecast.quotas import set_quotas
from deals.forecast.spans import MONTH, QUARTER, Span
from deals.models import Deal, PipelineStage
from tests.factories import DealFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NOVEMBER = Span(MONTH, date(2026, 11, 1))
OCTOBER, DECEMBER = NOVEMBER.shifted(-1), NOVEMBER.shifted(1)


@pytest.fixture(params=["Pacific/Pitcairn", "Pacific/Kiritimati"])
def zone(request, db):
    """UTC-8 and UTC+14, the whole year."""
    Organisation.objects.create(
        pk=1, name="Acme", currency="EUR", time_zone=request.param, workdays=usual_week()
    )
    return ZoneInfo(request.param)


def won(rep, amount, at, **values):
    return DealFactory(
        owner=rep,
        team=rep.team,
        amount_minor=amount,
        status=Deal.Status.WON,
        closed_at=at,
        **values,
    )


def open_deal(rep, amount, close_on, probability=10, **values):
    stage = PipelineStage.objects.filter(probability=probability)[0]
    return DealFactory(
        owner=rep, team=rep.team, amount_minor=amount, close_on=close_on, stage=stage, **values
    )


def test_a_deal_closed_at_the_edge_of_a_month_counts_in_the_organisations_month(zone):
    rep = UserFactory(team=TeamFactory())
    won(rep, 1_00, datetime(2026, 10, 31, 23, 30, tzinfo=zone))
    won(rep, 20_00, datetime(2026, 11, 1, 0, 30, tzinfo=zone))
    won(rep, 400_00, datetime(2026, 11, 30, 23, 30, tzinfo=zone))
    won(rep, 8000_00, datetime(2026, 12, 1, 0, 30, tzinfo=zone))
    set_quotas({("user", rep.pk, MONTH, NOVEMBER.first): 1000_00})

    months = [forecasting.forecast(span).total for span in (OCTOBER, NOVEMBER, DECEMBER)]

    assert [month.won.amount for month in months] == [1_00, 420_00, 8000_00]
    assert (months[1].gap, months[1].attainment) == (580_00, 0.42)
    quarter = forecasting.forecast(Span(QUARTER, date(2026, 10, 1))).total
    assert quarter.won.amount == sum(month.won.amount for month in months)
    assert quarter.target == 1000_00


def test_the_month_of_a_hand_counted_team(zone):
    rep = UserFactory(team=TeamFactory())
    won(rep, 50_000, datetime(2026, 11, 1, 0, 30, tzinfo=zone))
    open_deal(rep, 10_000, date(2026, 11, 1), 80)
    open_deal(rep, 20_000, date(2026, 11, 30), 60)
    open_deal(rep, 30_000, date(2026, 11, 15), 10)
    open_deal(rep, 99_000, date(2026, 12, 1), 80)
    open_deal(rep, 77_000, None, 80)
    DealFactory(
        owner=rep, team=rep.team, amount_minor=66_000, close_on=date(2026, 11, 9),
        status=Deal.Status.LOST, closed_at=datetime(2026, 11, 9, 12, tzinfo=zone),
    )  # fmt: skip
    open_deal(rep, 88_000, date(2026, 11, 9), 80, currency="USD")
    set_quotas({("user", rep.pk, MONTH, NOVEMBER.first): 100_000})

    for by in (forecasting.PEOPLE, forecasting.TEAMS):
        found = forecasting.forecast(NOVEMBER, by=by)
        (row,) = found.rows
        one = row.standing

        assert one == found.total
        assert (one.won.amount, one.commit.amount, one.best.amount, one.pipeline.amount) == (
            50_000, 10_000, 20_000, 30_000,
        )  # fmt: skip
        assert one.weighted == 8_000 + 12_000 + 3_000
        assert (one.attainment, one.gap, one.coverage) == (0.5, 50_000, 1.2)
        assert [(f.currency, f.part, f.sum.amount) for f in found.foreign] == [
            ("USD", "commit", 88_000)
        ]


def test_slipped_and_undated_deals_are_listed_apart(zone):
    rep = UserFactory(team=TeamFactory())
    late = open_deal(rep, 10_000, date(2026, 11, 9))
    older = open_deal(rep, 5_000, date(2026, 8, 1))
    open_deal(rep, 20_000, date(2026, 11, 10))
    undated = open_deal(rep, 7_000, None)
    today = date(2026, 11, 10)

    deals = counting.visible_deals(None)

    assert set(counting.deals_of("slipped", deals, NOVEMBER.period, today)) == {late, older}
    assert list(counting.deals_of("undated", deals, NOVEMBER.period, today)) == [undated]
    assert forecasting.needing_a_date(None, today, NOVEMBER)["slipped"].amount == 15_000


def test_every_number_is_the_total_of_the_list_that_it_links_to(zone, sign_in):
    manager = UserFactory(role=Role.SALES_MANAGER, scope="all")
    reps = [UserFactory(team=TeamFactory()) for _ in range(2)]
    for n, rep in enumerate([*reps, *reps]):
        won(rep, 1_000 + n, datetime(2026, 11, 30, 23, 30, tzinfo=zone))
        for probability in (10, 40, 80):
            open_deal(rep, 3_333 + probability + n, date(2026, 11, 30), probability)
    client = sign_in(manager)

    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=zone)):
        page = client.get(reverse("forecast:forecast"))
        rows = [*page.context["rows"], (None, page.context["total_cells"])]

        for _, cells in rows:
            for cell in (cell for cell in cells if cell.count):
                listed = client.get(cell.url).context
                ((_, count, amount, _),) = listed["sums"]
                assert (count, amount) == (cell.count, cell.amount)
                assert len(listed["rows"]) == count
        ((_, _, _, weighted),) = client.get(page.context["open_url"]).context["sums"]
        assert weighted == page.context["found"].total.weighted


def test_quotas_are_of_one_person_or_team_once_a_month(organisation):
    rep = UserFactory(team=TeamFactory())
    month = ("user", rep.pk, MONTH, date(2026, 11, 17))

    assert set_quotas({month: 500}) == 1
    assert set_quotas({month: 500}) == 0
    assert set_quotas({month: 700}) == 1
    assert [(q.starts_on, q.amount_minor) for q in Quota.objects.all()] == [(NOVEMBER.first, 700)]
    assert set_quotas({month: None}) == 1
    assert not Quota.objects.exists()


def test_the_forecast_asks_the_same_number_of_questions_for_five_deals_and_a_hundred(
    organisation, sign_in
):
    client = sign_in(role=Role.SALES_MANAGER, scope="all")
    asked = []
    for more in (5, 95):
        for _ in range(more):
            rep = UserFactory(team=TeamFactory())
            DealFactory(owner=rep, team=rep.team, close_on=counting.today())
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("forecast:forecast"))
        asked.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("forecast:deals"))
        asked.append(len(queries))

    assert asked[:2] == asked[2:]
    assert asked[0] <= 15


@pytest.mark.parametrize("by", [forecasting.PEOPLE, forecasting.TEAMS])
def test_who_left_keeps_quota_and_wins_and_the_rows_sum_to_the_total(zone, by):
    team = TeamFactory()
    rita, sam = UserFactory(team=team, name="Rita"), UserFactory(team=team, name="Sam")
    idle = UserFactory(team=team, name="Idle")
    at = datetime(2026, 11, 10, tzinfo=zone)
    won(rita, 400_00, at)
    won(sam, 300_00, at)
    quota = {rita: 1000_00, sam: 2000_00, idle: 500_00}
    set_quotas({("user", one.pk, MONTH, NOVEMBER.first): amount for one, amount in quota.items()})
    before = forecasting.forecast(NOVEMBER, by=by)

    for one in (rita, idle):
        one.is_active = False
        one.save()

    after = forecasting.forecast(NOVEMBER, by=by)
    assert after.total == before.total
    assert [row.standing for row in after.rows] == [row.standing for row in before.rows]
    assert after.total.target == sum(row.standing.target or 0 for row in after.rows) == 3500_00
    assert after.total.won.amount == sum(row.standing.won.amount for row in after.rows)
    if by == forecasting.PEOPLE:
        assert {row.name for row in after.rows} == {"Rita", "Sam", "Idle"}
        assert {row.name for row in forecasting.forecast(DECEMBER).rows} == {"Sam"}


def test_the_targets_of_who_left_can_still_be_read_and_changed(zone, sign_in):
    gone = UserFactory(team=TeamFactory(), name="Rita", is_active=False)
    set_quotas({("user", gone.pk, MONTH, NOVEMBER.first): 1000_00})

    page = sign_in(role=Role.ADMIN).get("/targets/?from=2026-Q4").content.decode()

    assert "Rita" in page
    assert "Rita" not in sign_in(role=Role.ADMIN).get("/targets/?from=2027-Q3").content.decode()

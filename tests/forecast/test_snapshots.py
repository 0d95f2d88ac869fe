from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from crm.users.models import Organisation, Role
from deals.forecast import forecasting, snapshots
from deals.forecast.models import ForecastSnapshot, SnapshotLine
from deals.forecast.spans import MONTH, Span
from deals.models import Deal
from tests.factories import DealFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NOVEMBER = Span(MONTH, date(2026, 11, 1))
BERLIN = ZoneInfo("Europe/Berlin")


def at(day, hour=0, minute=4, zone=BERLIN):
    return datetime(2026, 11, day, hour, minute, tzinfo=zone)


def test_a_day_is_kept_once_however_often_the_beat_comes(organisation):
    DealFactory(close_on=date(2026, 11, 20))

    taken = [snapshots.take_snapshot(at(1, hour)) for hour in (0, 5, 23)]

    assert taken == [True, False, False]
    assert SnapshotLine.objects.count() == 1


def test_a_missed_day_stays_a_gap_and_the_day_of_the_return_is_kept_late(organisation):
    for moment in (at(1), at(4, 10)):
        snapshots.take_snapshot(moment)

    assert snapshots.missed(date(2026, 10, 20), date(2026, 11, 4)) == [
        date(2026, 11, 2),
        date(2026, 11, 3),
    ]
    assert snapshots.nearest(date(2026, 11, 2)) == (date(2026, 11, 1), date(2026, 11, 4))


@pytest.mark.parametrize("name", ["Pacific/Pitcairn", "Pacific/Kiritimati"])
def test_the_day_is_that_of_the_organisation(organisation, name):
    Organisation.objects.update(time_zone=name)
    zone = ZoneInfo(name)

    snapshots.take_snapshot(at(1, 23, 59, zone))
    snapshots.take_snapshot(at(1, 23, 59, zone) + timedelta(minutes=2))

    assert set(ForecastSnapshot.objects.values_list("day", flat=True)) == {
        date(2026, 11, 1),
        date(2026, 11, 2),
    }


def test_what_was_forecast_on_the_first_is_still_known_after_the_deal_is_won(organisation):
    rep = UserFactory(team=TeamFactory())
    stage = DealFactory().pipeline.stages.get(probability=80)
    deal = DealFactory(
        owner=rep, team=rep.team, amount_minor=50_000, stage=stage, close_on=date(2026, 11, 20)
    )
    snapshots.take_snapshot(at(1))
    before = forecasting.forecast(NOVEMBER)
    Deal.objects.filter(pk=deal.pk).update(
        status=Deal.Status.WON,
        closed_at=at(12, 12),
        closed_on=at(12, 12).date(),
        amount_minor=45_000,
    )

    kept = snapshots.of_day(date(2026, 11, 1))

    assert snapshots.forecast_on(kept, NOVEMBER, by="people") == before
    assert before.total.commit.amount == 50_000
    assert forecasting.forecast(NOVEMBER).total.won.amount == 45_000


def test_a_snapshot_holds_won_deals_by_the_organisations_month(organisation):
    Organisation.objects.update(time_zone="Pacific/Kiritimati")
    zone = ZoneInfo("Pacific/Kiritimati")
    for day, month in ((31, 10), (1, 11)):
        closed = datetime(2026, month, day, 23 if month == 10 else 0, 30, tzinfo=zone)
        DealFactory(status=Deal.Status.WON, closed_at=closed, amount_minor=month)

    snapshots.take_snapshot(at(3, zone=zone))

    lines = SnapshotLine.objects.values_list("month", "amount_minor").order_by("month")
    assert list(lines) == [(date(2026, 10, 1), 10), (date(2026, 11, 1), 11)]


def test_the_page_shows_the_day_and_says_of_a_missed_one_that_it_was_missed(organisation, sign_in):
    DealFactory(close_on=date(2026, 11, 20))
    for moment in (at(1), at(4)):
        snapshots.take_snapshot(moment)
    client = sign_in(role=Role.SALES_MANAGER, scope="all")
    url = reverse("forecast:forecast") + "?period=2026-11&as_of=2026-11-0"

    assert "kept at" in client.get(url + "1").content.decode()
    missed = client.get(url + "2").content.decode()
    assert "nothing is made up" in missed
    assert "as_of=2026-11-04" in missed


def test_a_rep_sees_only_his_own_past(organisation):
    rep, other = UserFactory(), UserFactory()
    for owner in (rep, other):
        DealFactory(owner=owner, close_on=date(2026, 11, 20), amount_minor=1_000)
    snapshots.take_snapshot(at(1))

    kept = snapshots.of_day(date(2026, 11, 1))

    found = snapshots.forecast_on(kept, NOVEMBER, by="people", user=rep)
    assert found.total.pipeline.amount == 1_000

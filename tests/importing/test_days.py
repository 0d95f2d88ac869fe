"""A day of a file is that day, whatever zone somebody's program wrote behind it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.importing import values
from crm.importing.values import Context
from deals.models import Deal

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def in_zone(zone):
    return Context(ZoneInfo(zone), "", "EUR", NOW)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "Pacific/Auckland"])
@pytest.mark.parametrize(
    "text",
    ["2026-03-05", "2026-03-05T00:00:00Z", "2026-03-05T00:00:00.000Z", "2026-03-05 00:00+13:00",
     "2026-03-05T23:30:00Z"],
)  # fmt: skip
def test_a_column_of_days_keeps_the_day_as_it_is_written(zone, text):
    assert values.day(text, in_zone(zone)) == date(2026, 3, 5)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "Pacific/Auckland"])
def test_midnight_of_any_zone_in_a_column_of_moments_is_that_day(zone):
    found = values.moment("2026-03-05T00:00:00Z", in_zone(zone))

    assert found.astimezone(ZoneInfo(zone)) == datetime(2026, 3, 5, tzinfo=ZoneInfo(zone))


def test_a_time_with_its_zone_stays_that_moment():
    found = values.moment("2026-03-05T08:15:00Z", in_zone("America/Los_Angeles"))

    assert found == datetime(2026, 3, 5, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_a_won_deal_keeps_the_day_of_its_file(bring_in, organisation, zone):
    bring_in("id,name\nL1,Ada\n")

    bring_in(
        "lead,external_id,created_at,won_at\nL1,D1,2024-04-01,2024-05-01T00:00:00Z\n",
        kind="deals", time_zone=zone,
    )  # fmt: skip

    assert Deal.objects.get().closed_on == date(2024, 5, 1)


def test_a_deal_that_ends_before_it_was_opened_is_refused(bring_in, organisation):
    bring_in("id,name\nL1,Ada\n")

    source = bring_in(
        "lead,external_id,created_at,won_at\nL1,D1,2024-05-02,2024-05-01\n", kind="deals"
    )

    assert source.refused == 1
    assert source.problems[0]["message"] == "It is closed before it is opened."
    assert not Deal.objects.exists()


def test_a_deal_won_on_the_day_it_was_opened_is_won_after_that(bring_in, organisation):
    bring_in("id,name\nL1,Ada\n")

    bring_in(
        "lead,external_id,created_at,won_at\nL1,D1,2024-05-02 14:00,2024-05-02\n", kind="deals"
    )

    deal = Deal.objects.get()
    assert (deal.closed_on, deal.closed_at) == (date(2024, 5, 2), deal.created_at)


def test_a_file_cannot_close_a_deal_before_it_was_opened_here(bring_in, organisation):
    bring_in("id,name\nL1,Ada\n")
    bring_in("lead,external_id,created_at\nL1,D1,2024-05-02\n", kind="deals")

    source = bring_in("lead,external_id,won_at\nL1,D1,2024-05-01\n", kind="deals")

    deal = Deal.objects.get()
    assert source.refused == 1
    errors = [one["message"] for one in source.problems if one["level"] == "error"]
    assert errors == ["The deal was opened on 2 May 2024, later than this."]
    assert (deal.status, deal.closed_on) == ("open", None)

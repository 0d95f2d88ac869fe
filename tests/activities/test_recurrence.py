"""What repeats: the next one is made when one is completed, at the same time on the wall clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from crm.activities import recurrence, services
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep
from tests.factories import LeadFactory, UserFactory

CALL = Activity.Kind.CALL
NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)


def nine(day):
    """Return nine o'clock on the wall, of no zone yet."""
    return datetime.fromisoformat(f"{day}T09:00")


@pytest.fixture
def rep(db, organisation):
    return UserFactory(time_zone="Europe/Berlin", email="rita@example.com")


def planned(rep, at, **step):
    return services.plan_follow_up(LeadFactory(owner=rep), NextStep(CALL, at, **step), owner=rep)


def the_next():
    return FollowUp.objects.open().get()


def test_the_31st_is_the_last_day_of_shorter_months():
    found = recurrence.days(date(2026, 1, 31), "monthly", on=31)

    assert [str(day) for day in islice(found, 4)] == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30",
    ]  # fmt: skip


@given(
    first=st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    repeats=st.sampled_from(["daily", "weekly", "monthly"]),
    late=st.integers(0, 900),
)
def test_the_next_day_is_the_first_that_is_not_past(first, repeats, late):
    today = first + timedelta(days=late)

    found = recurrence.day_after(first, repeats, today=today, on=first.day)

    assert found is not None
    assert found > first
    assert found >= today
    longest = {"daily": 1, "weekly": 7, "monthly": 31}[repeats]
    assert (found - max(today, first)).days <= longest


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", nine("2026-03-28"), nine("2026-03-29")),
        ("Europe/Berlin", nine("2026-10-24"), nine("2026-10-25")),
        ("America/New_York", nine("2026-03-07"), nine("2026-03-08")),
        ("America/New_York", nine("2026-10-31"), nine("2026-11-01")),
    ],
)
def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(rep, zone, before, after):
    rep.time_zone = zone
    rep.save()
    start = before.replace(tzinfo=ZoneInfo(zone))
    with time_machine.travel(start - timedelta(hours=1), tick=False):
        follow_up = planned(rep, start, repeats="daily")

        services.complete_follow_up(follow_up)

    assert the_next().due_at == after.replace(tzinfo=ZoneInfo(zone))
    assert abs(the_next().due_at - start.astimezone(UTC)) != timedelta(days=1)


@time_machine.travel(NEW_YEAR, tick=False)
def test_completing_twice_makes_one_next(rep):
    follow_up = planned(rep, NEW_YEAR + timedelta(hours=1), repeats="weekly")

    done = [services.complete_follow_up(follow_up) for _ in range(2)]

    assert done == [True, False]
    assert the_next().due_at == NEW_YEAR + timedelta(days=7, hours=1)


@time_machine.travel(NEW_YEAR, tick=False)
def test_taking_a_completion_back_takes_the_next_one_along(rep):
    follow_up = planned(rep, NEW_YEAR + timedelta(hours=1), repeats="daily")
    services.complete_follow_up(follow_up)

    services.reopen_follow_up(follow_up)

    assert the_next() == follow_up


@time_machine.travel(NEW_YEAR, tick=False)
def test_what_was_missed_is_not_caught_up_with(rep):
    follow_up = planned(rep, NEW_YEAR - timedelta(days=20, hours=2), repeats="daily")

    services.complete_follow_up(follow_up)

    assert the_next().on == date(2026, 1, 1)


@time_machine.travel(NEW_YEAR, tick=False)
def test_a_series_ends_on_its_last_day(rep):
    follow_up = planned(rep, NEW_YEAR, repeats="weekly", repeat_until=date(2026, 1, 7))

    services.complete_follow_up(follow_up)

    assert not FollowUp.objects.open().exists()


@time_machine.travel(NEW_YEAR, tick=False)
def test_a_monthly_one_keeps_its_day_through_february(rep):
    follow_up = planned(rep, NEW_YEAR, day=date(2026, 1, 31), repeats="monthly")
    services.complete_follow_up(follow_up)
    february = the_next()

    with time_machine.travel(datetime(2026, 2, 28, 12, tzinfo=UTC)):
        services.complete_follow_up(february)

    assert february.day == date(2026, 2, 28)
    assert the_next().day == date(2026, 3, 31)


def test_all_day_ends_when_the_owners_day_ends(rep):
    rep.time_zone = "America/New_York"
    rep.save()

    follow_up = planned(rep, NEW_YEAR, day=date(2026, 3, 8))

    assert follow_up.due_at == datetime(2026, 3, 8, 23, 59, tzinfo=ZoneInfo("America/New_York"))
    assert follow_up.on == date(2026, 3, 8)

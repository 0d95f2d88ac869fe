"""Business time: minutes count only while the organisation works."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crm.common.business_time import BusinessCalendar, NeverOpen

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = (time(9), time(17))
WEEK = (*[NINE_TO_FIVE] * 5, None, None)
ALL_DAY = (time(0), time(23, 59))


def calendar(week=WEEK, zone=BERLIN, holidays=()):
    return BusinessCalendar(zone, week, frozenset(holidays))


def local(*args, zone=BERLIN):
    return datetime(*args, tzinfo=zone)


def hours(first, last):
    return (time(first // 60, first % 60), time(last // 60, last % 60))


opening = st.none() | st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(
    lambda pair: pair[0] + 30 <= pair[1]
).map(lambda pair: hours(*pair))
weeks = st.tuples(*[opening] * 7).filter(any)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati",
                         "Australia/Lord_Howe", "America/St_Johns"]).map(ZoneInfo)  # fmt: skip
moments = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda n: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
)
minutes = st.integers(0, 2000)
holidays = st.sets(st.dates(date(2025, 1, 1), date(2028, 12, 31)), max_size=20)


@given(week=weeks, zone=zones, start=moments, n=minutes, free=holidays)
def test_minutes_between_is_the_inverse_of_adding(week, zone, start, n, free):
    cal = calendar(week, zone, free)

    end = cal.add_minutes(start, n)

    assert end >= start
    assert cal.minutes_between(start, end) == pytest.approx(n)


@given(week=weeks, zone=zones, start=moments, a=minutes, b=minutes)
def test_adding_twice_is_adding_the_sum(week, zone, start, a, b):
    cal = calendar(week, zone)

    in_two_steps = cal.add_minutes(cal.add_minutes(start, a), b)

    assume(b > 0)
    assert in_two_steps == cal.add_minutes(start, a + b)


@given(week=weeks, zone=zones, start=moments, n=minutes)
def test_business_minutes_never_exceed_wall_clock_minutes(week, zone, start, n):
    end = start + timedelta(minutes=n)

    assert 0 <= calendar(week, zone).minutes_between(start, end) <= n


def test_four_hours_from_monday_afternoon_end_on_tuesday():
    assert calendar().add_minutes(local(2026, 3, 2, 15), 240) == local(2026, 3, 3, 11)


def test_weekend_does_not_count():
    friday, monday = local(2026, 3, 6, 16), local(2026, 3, 9, 10)

    assert calendar().add_minutes(friday, 120) == monday
    assert calendar().minutes_between(friday, monday) == 120


def test_holiday_does_not_count():
    cal = calendar(holidays=[date(2026, 5, 1)])

    assert cal.add_minutes(local(2026, 4, 30, 16), 120) == local(2026, 5, 4, 10)


def test_zero_minutes_from_an_open_moment_end_at_once():
    assert calendar().add_minutes(local(2026, 3, 2, 10), 0) == local(2026, 3, 2, 10)


def test_zero_minutes_from_a_closed_moment_end_at_the_next_opening():
    assert calendar().add_minutes(local(2026, 3, 7, 10), 0) == local(2026, 3, 9, 9)


@pytest.mark.parametrize(
    ("day", "length"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)],
)
def test_day_on_which_the_clocks_change_is_as_long_as_it_is(day, length):
    """Open from 0:00 to 23:59 on each day: an hour less in March, an hour more in October."""
    cal = calendar(week=(ALL_DAY,) * 7)
    start = datetime.combine(day, time(0), BERLIN)
    end = datetime.combine(day + timedelta(days=1), time(0), BERLIN)

    assert cal.minutes_between(start, end) == length * 60 - 1


def test_working_hours_keep_their_wall_clock_over_a_change():
    """Four hours from Friday 16:00 end on Monday at 12:00, in winter and in summer time."""
    for friday, monday in [((2026, 3, 27), (2026, 3, 30)), ((2026, 10, 23), (2026, 10, 26))]:
        assert calendar().add_minutes(local(*friday, 16), 240) == local(*monday, 12)


def test_opening_within_the_hour_that_a_change_skips_counts_nothing():
    """On 29 March 2026 there is no 2:30 in Berlin."""
    cal = calendar(week=((time(2, 30), time(3)),) * 7)
    start = local(2026, 3, 29)

    assert cal.minutes_between(start, start + timedelta(days=1)) == 0
    assert cal.add_minutes(start, 10) == local(2026, 3, 30, 2, 40)


def test_end_before_the_start_is_zero_minutes():
    assert calendar().minutes_between(local(2026, 3, 3, 12), local(2026, 3, 2, 12)) == 0


def test_calendar_that_never_opens_says_so():
    with pytest.raises(NeverOpen):
        calendar(week=(None,) * 7).add_minutes(local(2026, 3, 2), 1)

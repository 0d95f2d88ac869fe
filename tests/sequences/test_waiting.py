"""Waiting by the organisation's clock: hours, days, working days, also when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.sequences.waiting import DAYS, HOURS, UNITS, WORKING_DAYS, Wait, wait_until
from crm.common.business_time import BusinessCalendar, NeverOpen

BERLIN = ZoneInfo("Europe/Berlin")
NINE_TO_FIVE = (time(9), time(17))
WEEK = (NINE_TO_FIVE,) * 5 + (None, None)
CALENDAR = BusinessCalendar(BERLIN, WEEK, frozenset({date(2026, 4, 6)}))


MOMENTS = st.integers(1_577_836_800, 2_019_686_400).map(lambda s: datetime.fromtimestamp(s, UTC))


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)


def test_two_days_end_at_the_same_time_of_day():
    assert wait_until(berlin(2026, 3, 3, 14, 30), Wait(2), CALENDAR) == berlin(2026, 3, 5, 14, 30)


def test_a_day_over_the_night_when_clocks_go_forward_keeps_its_time_of_day():
    ends = wait_until(berlin(2026, 3, 28, 9), Wait(1), CALENDAR)

    assert ends == berlin(2026, 3, 29, 9)
    assert ends - berlin(2026, 3, 28, 9).astimezone(UTC) == timedelta(hours=23)


def test_hours_are_hours_whatever_the_clock_says():
    ends = wait_until(berlin(2026, 3, 28, 9), Wait(24, HOURS), CALENDAR)

    assert ends == berlin(2026, 3, 29, 10)


def test_a_time_that_the_clocks_skip_is_the_moment_after():
    ends = wait_until(berlin(2026, 3, 28, 2, 30), Wait(1), CALENDAR)

    assert ends.astimezone(BERLIN).date() == date(2026, 3, 29)
    assert ends == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_working_days_leave_out_weekends_and_holidays():
    friday = berlin(2026, 4, 3, 11)

    assert wait_until(friday, Wait(1, WORKING_DAYS), CALENDAR) == berlin(2026, 4, 7, 11)


def test_a_wait_of_days_may_end_at_a_time_of_day():
    ends = wait_until(berlin(2026, 3, 3, 23, 50), Wait(1, DAYS, time(9)), CALENDAR)

    assert ends == berlin(2026, 3, 4, 9)


def test_the_day_is_the_organisations_not_the_servers():
    late_in_berlin = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)

    ends = wait_until(late_in_berlin, Wait(1, DAYS, time(9)), CALENDAR)

    assert ends == berlin(2026, 3, 5, 9)


def test_a_calendar_without_working_days_is_told():
    closed = BusinessCalendar(BERLIN, (None,) * 7)

    with pytest.raises(NeverOpen):
        wait_until(berlin(2026, 3, 3, 9), Wait(1, WORKING_DAYS), closed)


@given(
    MOMENTS,
    st.integers(1, 60),
    st.sampled_from(list(UNITS)),
)
def test_a_longer_wait_ends_later_and_always_after_its_beginning(begin, amount, unit):
    ends = wait_until(begin, Wait(amount, unit), CALENDAR)

    assert begin < ends < wait_until(begin, Wait(amount + 1, unit), CALENDAR)


@given(MOMENTS, st.integers(1, 400))
def test_days_keep_the_time_of_day_or_land_behind_a_skipped_hour(begin, amount):
    ends = wait_until(begin, Wait(amount), CALENDAR).astimezone(BERLIN)

    wanted = begin.astimezone(BERLIN).time()
    skipped = datetime.combine(ends.date(), wanted, BERLIN).astimezone(UTC).astimezone(BERLIN)
    assert ends.time() in (wanted, skipped.time())

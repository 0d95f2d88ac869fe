"""Reading a cell of the weekly grid, and what is out of the ordinary."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.channel_metrics.numbers import NotANumber, is_unusual, monday, read_count


@pytest.mark.parametrize(
    ("text", "number"),
    [("1234", 1234), (" 1,234 ", 1234), ("1.234.567", 1234567), ("1 234", 1234), ("", None)],
)
def test_whole_numbers_are_read_as_people_type_them(text, number):
    assert read_count(text) == number


@pytest.mark.parametrize("text", ["-1", "−5", "12.5", "1,2,3", "many", "1e3", "٣", "9" * 20])
def test_anything_else_is_refused(text):
    with pytest.raises(NotANumber):
        read_count(text)


def test_more_than_three_times_the_median_of_the_weeks_before_is_unusual():
    assert is_unusual(301, [100, 90, 110])
    assert not is_unusual(300, [100, 90, 110])
    assert not is_unusual(9000, [1, 2])


@given(st.lists(st.integers(0, 10**9), max_size=8), st.integers(0, 10**9))
def test_smaller_numbers_are_never_more_unusual(earlier, value):
    if not is_unusual(value, earlier):
        assert not is_unusual(value // 2, earlier)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_belongs_to_the_monday_before_it(day):
    assert monday(day).weekday() == 0
    assert 0 <= (day - monday(day)).days < 7

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.alignment.arithmetic import RatePace, mean_of_all, sum_of_all

COUNTS = st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
GOALS = st.floats(0.01, 1)
SHARES = st.floats(0.05, 0.95)


@given(counts=COUNTS, goal=GOALS, share=SHARES)
def test_who_does_what_is_needed_reaches_the_goal(counts, goal, share):
    met, of = counts
    pace = RatePace(met, of, goal, share)
    rest = of * (1 - share) / share

    reached = (met + pace.needed * rest) / (of + rest)

    assert reached == pytest.approx(goal) or (pace.needed == 0 and reached >= goal)


@given(counts=COUNTS, goal=GOALS, share=SHARES)
def test_more_than_the_goal_is_needed_only_by_who_is_behind(counts, goal, share):
    pace = RatePace(*counts, goal, share)

    assert (pace.needed > goal + 1e-9) <= (not pace.is_kept)
    assert pace.is_lost <= (not pace.is_kept)


def test_a_rate_out_of_reach_is_lost_before_its_time_is_over():
    assert RatePace(10, 90, 0.9, 0.9).is_lost
    assert not RatePace(10, 20, 0.6, 0.5).is_lost


def test_attempts_have_no_upper_end():
    assert not RatePace(10, 90, 3, 0.9, most=None).is_lost


def test_a_month_that_is_over_is_kept_or_lost():
    assert RatePace(8, 10, 0.8, 1).is_kept
    assert RatePace(7, 10, 0.8, 1).is_lost
    assert RatePace(7, 10, 0.8, 1).needed is None


def test_nothing_yet_is_neither_kept_nor_lost():
    pace = RatePace(0, 0, 0.8, 0.5)

    assert (pace.rate, pace.is_kept, pace.is_lost) == (None, False, False)


def test_a_part_of_the_months_promises_nothing_for_the_quarter():
    assert sum_of_all([80, None, 90]) is None
    assert sum_of_all([80, 85, 90]) == 255
    assert mean_of_all([0.8, 0.9, None]) is None
    assert mean_of_all([0.8, 0.9, 0.7]) == pytest.approx(0.8)

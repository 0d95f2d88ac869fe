"""Two subjects: exact halves, a stated minimum, and how sure it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.newsletters.comparing import Comparison, Tried, compare, group_size


@pytest.mark.parametrize(
    ("a", "b", "winner"),
    [
        ((500, 20), (500, 60), "b"),
        ((500, 60), (500, 20), "a"),
        ((500, 20), (500, 24), ""),
        ((500, 20), (500, 20), ""),
    ],
)
def test_a_winner_is_one_that_is_no_accident(a, b, winner):
    found = compare(Tried(*a), Tried(*b))

    assert found.winner == winner
    assert found.sure is not None
    assert (found.sure >= 0.95) == bool(winner)


@pytest.mark.parametrize(("a", "b"), [((99, 0), (500, 90)), ((500, 0), (500, 9)), ((0, 0), (0, 0))])
def test_too_little_says_nothing(a, b):
    assert compare(Tried(*a), Tried(*b)) == Comparison("", None)


def test_known_value_of_the_test():
    assert compare(Tried(200, 20), Tried(200, 34)).sure == pytest.approx(0.9594, abs=0.001)


@given(audience=st.integers(0, 1_000_000), share=st.integers(1, 100))
def test_both_groups_are_as_large_and_fit_the_audience(audience, share):
    size = group_size(audience, share)

    assert 0 <= 2 * size <= audience
    assert abs(2 * size - audience * share / 100) <= 2 or size in (1, audience // 2)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.common.intervals import wilson

COUNTS = st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(counts=COUNTS)
def test_the_share_lies_within_its_interval(counts):
    hits, of = counts

    low, high = wilson(hits, of)

    assert 0 <= low <= hits / of <= high <= 1


@given(counts=COUNTS)
def test_ten_times_the_rows_make_a_share_surer(counts):
    hits, of = counts

    low, high = wilson(hits, of)
    surer_low, surer_high = wilson(10 * hits, 10 * of)

    assert surer_high - surer_low <= high - low


@given(counts=COUNTS)
def test_misses_are_as_sure_as_hits(counts):
    hits, of = counts

    low, high = wilson(hits, of)

    assert wilson(of - hits, of) == pytest.approx((1 - high, 1 - low))


def test_the_known_interval_of_eight_in_ten():
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) is None


def test_more_hits_than_rows_is_a_mistake():
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)

from datetime import timedelta
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from crm.reports.durations import EDGES, Stay, bin_of, days_of, stay_of

times = st.timedeltas(timedelta(days=-4000), timedelta(days=4000))
DAY = timedelta(days=1)
HALF_A_MINUTE = 30 / 86400


def allowance(took: timedelta) -> float:
    """Return by how many days a duration may be off: 1 %, below an hour half a minute."""
    return max(0.01 * abs(took / DAY), HALF_A_MINUTE) + 1e-9


@given(took=times)
def test_the_middle_of_a_bin_is_within_one_percent_or_half_a_minute(took):
    assert abs(days_of(bin_of(took)) - took / DAY) <= allowance(took)


@given(one=times, other=times)
def test_bins_keep_the_order_of_durations(one, other):
    shorter, longer = sorted([one, other])

    assert bin_of(shorter) <= bin_of(longer)


def test_a_bin_begins_at_its_lower_edge():
    for number, edge in enumerate(EDGES[:500]):
        assert bin_of(timedelta(seconds=edge) + timedelta(microseconds=1)) == number


@given(many=st.lists(times, min_size=1, max_size=30))
def test_the_median_of_bins_is_within_one_percent_of_the_median(many):
    many.sort()
    counts: dict[int, int] = {}
    for took in many:
        counts[bin_of(took)] = counts.get(bin_of(took), 0) + 1

    found = stay_of(counts).median

    middle = many[(len(many) - 1) // 2], many[len(many) // 2]
    allowed = sum(allowance(took) for took in middle) / 2
    assert found is not None
    assert abs(found - median(took / DAY for took in many)) <= allowed


def test_no_duration_has_no_median():
    assert stay_of({}) == Stay()

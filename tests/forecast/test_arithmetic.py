from hypothesis import given
from hypothesis import strategies as st

from deals.forecast.arithmetic import (
    OPEN_PARTS,
    PARTS,
    Line,
    added,
    category_of,
    quarter_target,
    standing,
    team_quarter,
    weighted,
)

money = st.integers(0, 10**12)
percent = st.integers(0, 100)
quota = st.none() | money
lines = st.lists(
    st.builds(
        Line,
        owner=st.integers(1, 3) | st.none(),
        team=st.integers(1, 2) | st.none(),
        part=st.sampled_from(PARTS),
        currency=st.sampled_from(["EUR", "JPY"]),
        amount=money,
        weighted=money,
        count=st.integers(1, 50),
    )
)


@given(probability=percent)
def test_an_open_deal_is_in_one_category_and_surer_stages_never_in_a_weaker_one(probability):
    order = {part: place for place, part in enumerate(reversed(OPEN_PARTS))}

    assert category_of(probability) in OPEN_PARTS
    assert order[category_of(probability)] <= order[category_of(min(100, probability + 1))]


def test_the_bands_are_those_that_the_page_names():
    assert [category_of(p) for p in (74, 75, 39, 40)] == ["best", "commit", "pipeline", "best"]


@given(probability=percent, call=st.sampled_from(OPEN_PARTS))
def test_what_somebody_says_of_a_deal_goes_before_its_stage(probability, call):
    assert category_of(probability, call) == call


@given(amount=money, probability=percent)
def test_a_weighted_amount_lies_within_half_a_unit_of_the_exact_one(amount, probability):
    found = weighted(amount, probability)

    assert abs(100 * found - amount * probability) <= 50
    assert 0 <= found <= amount


@given(found=lines, target=quota)
def test_people_add_up_to_the_whole_and_currencies_never_mix(found, target):
    whole = standing(found, "EUR", target)
    owners = {line.owner for line in found}
    parts = [standing([x for x in found if x.owner == owner], "EUR") for owner in owners]

    assert whole.won.amount == sum(part.won.amount for part in parts)
    assert whole.open.amount == sum(part.open.amount for part in parts)
    assert whole.weighted == sum(part.weighted for part in parts)
    euros = [line for line in found if line.currency == "EUR"]
    assert whole.won.count + whole.open.count == sum(line.count for line in euros)


@given(found=lines, target=quota)
def test_gap_and_won_make_the_target_or_the_target_is_reached(found, target):
    whole = standing(found, "EUR", target)

    if target is None:
        assert (whole.gap, whole.attainment, whole.coverage) == (None, None, None)
    else:
        assert whole.gap == max(0, target - whole.won.amount)
        assert (whole.coverage is None) == (whole.gap == 0)


def test_a_hand_counted_standing():
    found = [
        Line(1, 1, "won", "EUR", 40_000, 40_000, 2),
        Line(1, 1, "commit", "EUR", 30_000, 24_000, 1),
        Line(1, 1, "pipeline", "EUR", 90_000, 9_000, 3),
        Line(1, 1, "commit", "USD", 77_000, 70_000, 1),
    ]

    whole = standing(found, "EUR", 100_000)

    assert (whole.attainment, whole.gap, whole.coverage) == (0.4, 60_000, 2.0)
    assert (whole.weighted, whole.expected, whole.weighted_gap) == (33_000, 73_000, 27_000)


@given(own=quota, months=st.lists(quota, min_size=3, max_size=3))
def test_a_quarter_is_its_own_target_or_the_sum_of_its_months(own, months):
    found = quarter_target(own, months)

    assert found == (own if own is not None else added(months))
    assert (found is None) == (own is None and all(month is None for month in months))


def test_a_teams_quarter_is_its_own_else_its_months_else_its_peoples():
    assert team_quarter(9, [1, 2, 3], [1, 2, 3], [4, 4]) == 9
    assert team_quarter(None, [1, None, None], [1, 5, 5], [4, 4]) == 11
    assert team_quarter(None, [None] * 3, [2, 3, 3], [4, 5]) == 9
    assert team_quarter(None, [None] * 3, [None] * 3, [None]) is None

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.reports.attribution import shares
from crm.reports.attribution.shares import MODELS, Journey, split

START = datetime(2026, 1, 1, tzinfo=UTC)
hours = st.integers(0, 400 * 24)


@st.composite
def journeys(draw) -> Journey:
    """Any journey: touches at any times, also at one moment; MQL and opportunity whenever."""
    touches = sorted(START + timedelta(hours=draw(hours)) for _ in range(draw(st.integers(1, 12))))
    ends = touches[-1] + timedelta(hours=draw(hours))
    maybe = st.none() | hours.map(lambda n: START + timedelta(hours=n))
    return Journey(touches, ends, draw(maybe), draw(maybe))


@given(journey=journeys(), model=st.sampled_from(list(MODELS)))
def test_the_shares_of_a_deal_total_one_and_none_is_negative(journey, model):
    found = MODELS[model](journey)

    assert len(found) == len(journey.touches)
    assert sum(found) == pytest.approx(1)
    assert min(found) >= 0


@given(journey=journeys())
def test_a_later_touch_never_decays_more(journey):
    found = shares.decay(journey)

    assert found == sorted(found)


@given(journey=journeys())
def test_first_and_last_give_all_to_one(journey):
    assert shares.first(journey)[0] == 1
    assert shares.last(journey)[-1] == 1


@given(
    whole=st.integers(0, 10**13),
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(lambda w: sum(w) > 0.01),
)
def test_parts_add_up_to_the_minor_unit_and_are_off_by_less_than_one(whole, weights):
    fractions = shares.weighted(weights)

    parts = split(whole, fractions)

    assert sum(parts) == whole
    assert all(abs(p - whole * f) < 1 + 1e-3 for p, f in zip(parts, fractions, strict=True))


def at(*days: int) -> list[datetime]:
    return [START + timedelta(days=day) for day in days]


def journey(*days: int, ends: int, qualified: int | None = None, opened: int | None = None):
    moments = [START + timedelta(days=day) if day is not None else None
               for day in (qualified, opened)]  # fmt: skip
    return Journey(at(*days), START + timedelta(days=ends), *moments)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", [1, 0, 0, 0]),
        ("last", [0, 0, 0, 1]),
        ("linear", [0.25, 0.25, 0.25, 0.25]),
        ("decay", [1 / 15, 2 / 15, 4 / 15, 8 / 15]),
        ("u", [0.4, 0.1, 0.1, 0.4]),
        ("w", [0.3, 0.3, 0.1, 0.3]),
    ],
)
def test_four_touches_a_week_apart_by_hand(model, expected):
    found = MODELS[model](journey(0, 7, 14, 21, ends=28, qualified=8, opened=22))

    assert found == pytest.approx(expected)


@pytest.mark.parametrize("model", list(MODELS))
def test_one_touch_gets_all(model):
    assert MODELS[model](journey(3, ends=9, qualified=4, opened=5)) == [1]


@pytest.mark.parametrize(("model", "expected"), [("u", [0.5, 0.5]), ("w", [1 / 3, 2 / 3])])
def test_two_touches_share_what_is_for_those_in_between(model, expected):
    assert MODELS[model](journey(0, 5, ends=9, qualified=6, opened=7)) == pytest.approx(expected)


def test_a_touch_that_is_key_twice_gets_twice():
    found = shares.w_shaped(journey(0, 5, 6, ends=9, qualified=5, opened=5))

    assert found == pytest.approx([0.3, 0.6, 0.1])


def test_an_mql_before_its_first_touch_is_owed_to_the_first():
    found = shares.w_shaped(journey(5, 6, 7, ends=9, qualified=1, opened=8))

    assert found == pytest.approx([0.6, 0.1, 0.3])


def test_the_largest_remainders_get_what_is_left():
    assert split(100, [1 / 3, 1 / 3, 1 / 3]) == [34, 33, 33]
    assert split(5, [0.5, 0.3, 0.2]) == [3, 1, 1]
    assert split(0, [0.5, 0.5]) == [0, 0]

"""The score's arithmetic: bounded, explained to the point, fading with time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.scoring import (
    ENGAGEMENT,
    FIT,
    Response,
    Rule,
    bands,
    decay,
    explain,
    has_words,
    horizon_days,
    score,
    subtotals,
)

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = ["form", "event", "email_click"]


def fit(operator="in", points=15, values=("germany",), field="country", label="German"):
    return Rule(1, label, FIT, points, field=field, operator=operator, values=values)


def engagement(points=20, cap=None, half_life=30, kind="form", label="Sent a form"):
    return Rule(2, label, ENGAGEMENT, points, touch_kind=kind, cap=cap, half_life_days=half_life)


def days_ago(days, kind="form"):
    return Response(kind, AT - timedelta(days=days))


points = st.integers(0, 120)
caps = st.none() | st.integers(0, 120)
half_lives = st.none() | st.integers(1, 365)
ages = st.floats(0, 2000, allow_nan=False)
responses = st.lists(st.builds(days_ago, ages, st.sampled_from(KINDS)), max_size=12)


def rules_of(worth):
    return st.lists(
        st.builds(engagement, worth, caps, half_lives, st.sampled_from(KINDS))
        | st.builds(fit, points=worth),
        max_size=8,
    )


GERMAN = {"country": ("DE", "Germany")}


@patient
@given(rules_of(st.integers(-120, 120)), responses)
def test_score_is_0_to_100_and_its_lines_sum_to_it(rules, touches):
    lines = explain(rules, GERMAN, touches, AT)

    assert 0 <= sum(line.points for line in lines) <= 100
    assert score(lines) == sum(subtotals(lines).values())
    assert all(isinstance(line.points, int) for line in lines)


@patient
@given(rules_of(points), responses, st.floats(0, 500))
def test_score_never_grows_by_waiting(rules, touches, more):
    now = score(explain(rules, GERMAN, touches, AT))

    later = score(explain(rules, GERMAN, touches, AT + timedelta(days=more)))

    assert later <= now


@patient
@given(rules_of(st.integers(-120, 120)), responses, st.randoms())
def test_order_of_rules_and_touches_does_not_matter(rules, touches, random):
    first = explain(rules, GERMAN, touches, AT)
    random.shuffle(rules)
    random.shuffle(touches)

    assert explain(rules, GERMAN, touches, AT) == first


@patient
@given(points=st.floats(0, 100), age=ages, more=st.floats(0, 365), half_life=st.integers(1, 365))
def test_points_never_grow_with_age(points, age, more, half_life):
    assert 0 <= decay(points, age + more, half_life) <= decay(points, age, half_life) <= points


def test_half_is_left_after_one_half_life():
    assert decay(20, 30, 30) == 10
    assert decay(20, 300, None) == 20


def test_a_touch_in_the_future_is_a_clock_error():
    with pytest.raises(ValueError, match="in the future"):
        decay(20, -1, 30)


def test_past_score_counts_only_what_had_happened_by_then():
    touches = [days_ago(40), days_ago(10)]

    lines = explain([engagement()], {}, touches, AT - timedelta(days=20))

    assert score(lines) == 13  # 20 points, 20 days old, half-life 30 days
    assert lines[0].detail == "20 days ago"


def test_cap_of_a_rule_bounds_all_its_touches_together():
    lines = explain([engagement(points=15, cap=30)], {}, [days_ago(0)] * 5, AT)

    assert score(lines) == 30
    assert (lines[0].fresh, lines[0].detail) == (30, "5 times, last today")


def test_more_than_100_is_shown_as_a_line_of_its_own():
    lines = explain([fit(points=80), engagement(points=45)], GERMAN, [days_ago(0)], AT)

    assert [(line.label, line.points) for line in lines] == [
        ("German", 80),
        ("Sent a form", 45),
        ("Capped at 100", -25),
    ]


def test_less_than_nothing_is_nothing():
    lines = explain([fit(points=-30)], GERMAN, [], AT)

    assert [line.label for line in lines] == ["German", "Not below 0"]
    assert score(lines) == 0


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [
        (fit(values=("DE",)), GERMAN, True),
        (fit(values=("france", "Germany ")), GERMAN, True),
        (fit(values=("france",)), GERMAN, False),
        (fit(), {}, False),
        (fit(operator="set", values=()), GERMAN, True),
        (fit(operator="set", values=()), {"country": ("", "")}, False),
        (fit("contains", values=("cto",), field="job_title"), {"job_title": ("CTO",)}, True),
    ],
)
def test_fit_rule_holds_for_who_the_lead_is(rule, facts, expected):
    assert bool(explain([rule], facts, [], AT)) is expected


def test_a_director_is_no_cto():
    assert not has_words("sales director", "cto")
    assert has_words("vp, sales", "vp")
    assert has_words("head of sales", "head of")


def test_faded_points_are_not_listed():
    assert explain([engagement(half_life=1)], {}, [days_ago(30)], AT) == []


def test_scores_change_by_themselves_until_the_longest_half_life_has_faded():
    assert horizon_days([fit(), engagement(half_life=30), engagement(half_life=None)]) == 360
    assert horizon_days([fit()]) == 0


def test_bands_count_every_score_once():
    assert bands([0, 19, 20, 99, 100]) == [2, 1, 0, 0, 2]

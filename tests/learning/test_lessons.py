"""The lessons against companies whose truth is known, and the arithmetic against closed forms."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.learning.arithmetic import Share, differ, holm, later, stand_out
from crm.learning.fitting import auc, fit, slopes, solve
from crm.learning.lessons import Case, Lessons, cuts, learn, raised
from tests.learning.companies import DOUBLE, LATE, RULES, USELESS, company

SEEDS = 200


def useless(found: Lessons) -> set[str]:
    return {one.rule for one in found.rules if one.verdict == "useless"}


def is_wrong(found: Lessons, *, planted: bool) -> bool:
    """Whether anything is advised that is not the truth of the company."""
    truth = ({USELESS}, {DOUBLE}, {LATE}) if planted else (set(), set(), set())
    rules, channels, reps = truth
    return bool(
        useless(found) - rules
        or {one.channel for one in found.channels} - channels
        or {one.rep for one in found.reps} - reps
    )


@pytest.mark.parametrize("planted", [True, False])
def test_over_two_hundred_companies_wrong_advice_stays_under_five_percent(planted):
    wrong = named = 0
    for seed in range(SEEDS):
        found = learn(company(seed, planted=planted), RULES, 40)
        wrong += is_wrong(found, planted=planted)
        channels, reps = [one.channel for one in found.channels], [one.rep for one in found.reps]
        named += channels == [DOUBLE] and reps == [LATE]

    assert wrong < 0.05 * SEEDS
    if planted:
        assert named > 0.9 * SEEDS


def test_all_three_truths_are_named_and_nothing_else():
    found = learn(company(1, 6000), RULES, 40)

    assert useless(found) == {USELESS}
    assert [one.channel for one in found.channels] == [DOUBLE]
    assert [one.rep for one in found.reps] == [LATE]
    assert {one.rule for one in found.rules if one.verdict == "useful"} == {*RULES} - {USELESS}


def test_few_leads_teach_nothing():
    found = learn(company(1, 30), RULES, 40)

    assert {one.verdict for one in found.rules} <= {"few", "unclear"}
    assert not found.channels
    assert not found.reps


def test_the_model_sorts_about_as_well_as_the_truth_and_gives_the_useless_rule_nothing():
    found = learn(company(2, 6000), RULES, 40)
    points = {one.rule: one.suggested for one in found.rules}

    assert found.model_auc is not None
    assert found.rules_auc is not None
    assert 0.6 < found.rules_auc < found.model_auc < 0.85
    assert points[USELESS] <= 4
    assert sum(points.values()) == pytest.approx(sum(RULES.values()), abs=2)


# The arithmetic -----------------------------------------------------------------------------------


def test_one_rule_without_a_penalty_is_the_log_odds_ratio():
    counts = {(1,): (30, 50), (0,): (20, 100)}

    found = fit(counts, ridge=0.0)

    assert found is not None
    assert found.rules[0] == pytest.approx(log((30 / 20) / (20 / 80)))
    assert found.base == pytest.approx(log(20 / 80))
    assert found.errors[0] == pytest.approx((1 / 30 + 1 / 20 + 1 / 20 + 1 / 80) ** 0.5)


patterns = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda p: (p[0], p[0] + p[1])),
    min_size=1,
)


@given(counts=patterns)
def test_a_fit_is_where_the_penalised_likelihood_is_highest(counts):
    found = fit(counts)

    won, decided = (sum(row[place] for row in counts.values()) for place in (0, 1))
    assert (found is None) == (won in (0, decided))
    if found:
        gradient, _ = slopes(counts, [found.base, *found.rules], 1.0)
        assert max(map(abs, gradient)) < 1e-5


def test_a_system_is_solved():
    assert solve([[4, 1], [1, 3]], [1, 2]) == pytest.approx([1 / 11, 7 / 11])


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_auc_is_the_share_of_pairs_in_order(rows):
    wins = [score for score, won in rows if won]
    losses = [score for score, won in rows if not won]
    pairs = [(w > x) + (w == x) / 2 for w in wins for x in losses]

    found = auc((score, int(won), 1) for score, won in rows)

    assert found == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)


def test_p_values_of_known_tables():
    assert differ(Share(30, 50), Share(20, 100)) == pytest.approx(2.3e-6, rel=0.1)
    assert differ(Share(1, 10), Share(1, 10)) == 1.0
    assert later({"a": [5, 6, 7, 8], "b": [1, 2, 3, 4]})["a"] == pytest.approx(0.0152, rel=0.02)
    assert later({"a": [1.0], "b": [1.0]})["a"] == 1.0
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}, 0.05) == {"a"}


def test_one_good_group_does_not_make_the_others_bad():
    groups = {"good": Share(400, 1000)} | {name: Share(100, 1000) for name in "abcd"}

    assert list(stand_out(groups, 0.05, least=20)) == ["good"]


# The threshold ------------------------------------------------------------------------------------


def test_a_higher_threshold_loses_leads_and_wins():
    cases = [Case(n, n < 30, 60 if n < 30 else 42, frozenset()) for n in range(200)]

    found = cuts(cases, 40)

    assert found[0] == (40, 200, 30)
    assert found[1] == (45, 30, 30)
    best = raised(found)
    assert best is not None
    assert best.threshold == 60


def test_no_threshold_is_advised_that_would_cost_wins():
    cases = [Case(n, n % 4 == 0, 40 + n % 50, frozenset()) for n in range(400)]

    assert raised(cuts(cases, 40)) is None

"""The funnel's decisions that need no database."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.funnel.policy import Runner, given_after, may_offer, next_in_turn
from crm.stages import Stage

RETURNED = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass
class Lead:
    stage: str = Stage.RECYCLED
    stage_since: datetime = RETURNED
    recycled_until: date | None = date(2026, 6, 1)
    enriched_at: datetime | None = None


@pytest.mark.parametrize(
    ("lead", "newest", "today", "may"),
    [
        (Lead(), RETURNED + timedelta(days=3), date(2026, 6, 1), True),
        (Lead(), RETURNED + timedelta(days=3), date(2026, 5, 31), False),
        (Lead(), RETURNED, date(2026, 7, 1), False),
        (Lead(), RETURNED - timedelta(days=3), date(2026, 7, 1), False),
        (Lead(), None, date(2026, 7, 1), False),
        (Lead(recycled_until=None), RETURNED + timedelta(seconds=1), date(2026, 5, 1), True),
        (Lead(enriched_at=RETURNED + timedelta(days=1)), None, date(2026, 6, 1), True),
        (Lead(enriched_at=RETURNED + timedelta(days=1)), None, date(2026, 5, 31), False),
        (Lead(enriched_at=RETURNED - timedelta(days=1)), None, date(2026, 7, 1), False),
        (Lead(stage=Stage.LEAD), None, date(2026, 5, 1), True),
        (Lead(stage=Stage.MQL), RETURNED + timedelta(days=3), date(2026, 7, 1), False),
        (Lead(stage=Stage.DISQUALIFIED), RETURNED + timedelta(days=3), date(2026, 7, 1), False),
    ],
)
def test_recycled_lead_is_offered_again_only_on_new_evidence_after_the_cool_down(
    lead, newest, today, may
):
    assert may_offer(lead, newest, today=today) is may


weights = st.lists(st.integers(1, 5), min_size=2, max_size=6)


def run(weights, turns):
    runners = [Runner(pk, 0.0, weight, capacity=10**6) for pk, weight in enumerate(weights)]
    got = [0] * len(weights)
    for _ in range(turns):
        chosen = next_in_turn(runners)
        assert chosen
        got[chosen.pk] += 1
        count = given_after(chosen, runners)
        runners = [
            Runner(r.pk, count, r.weight, capacity=10**6) if r is chosen else r for r in runners
        ]
    return got


@given(weights=weights, rounds=st.integers(1, 5))
def test_after_whole_rounds_everybody_has_his_share(weights, rounds):
    got = run(weights, rounds * sum(weights))

    assert all(abs(n - rounds * weight) <= 1 for n, weight in zip(got, weights, strict=True))


@given(weights=weights, turns=st.integers(0, 60))
def test_nobody_is_ever_ahead_by_more_than_a_turn_of_each(weights, turns):
    got = run(weights, turns)

    shares = [n / weight for n, weight in zip(got, weights, strict=True)]
    assert max(shares) - min(shares) <= 2


def test_nobody_free_is_nobody_chosen():
    assert next_in_turn([Runner(1, 0, waiting=3, capacity=3), Runner(2, 0, present=False)]) is None

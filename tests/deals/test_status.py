"""What the tag on a deal's card says."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deals.status import BUCKETS, ROTTING, TAGS, Clock, bucket_of, idle_days, rots, status_of

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
CLOCK = Clock(NOW, datetime(2026, 3, 11, tzinfo=UTC))
moments = st.integers(-500_000, 500_000).map(lambda minutes: NOW + timedelta(minutes=minutes))


def status(next_in=None, idle=0, limit=10, what="call"):
    return status_of(
        next_due=None if next_in is None else NOW + next_in,
        next_what=what if next_in is not None else "",
        idle_since=NOW - timedelta(days=idle),
        limit=limit,
        clock=CLOCK,
    )


def test_an_overdue_call_is_said_with_its_delay():
    assert status(-timedelta(days=3, hours=2)).text == "Call overdue 3 d"
    assert status(-timedelta(hours=5)).text == "Call overdue 5 h"
    assert status(-timedelta(minutes=7)).text == "Call overdue 7 min"


def test_a_meeting_today_is_said():
    assert status(timedelta(hours=3), what="meeting").text == "Meeting today"


def test_a_planned_call_says_in_how_many_days():
    assert status(timedelta(hours=12)).text == "Next call in 1 d"
    assert status(timedelta(days=5)).text == "Next call in 5 d"


def test_no_next_activity_is_said():
    assert (status().key, status().text) == ("none", "No next activity")


def test_a_rotting_deal_says_why_although_a_call_is_planned():
    far = status(timedelta(days=30), idle=12)

    assert (far.key, far.text) == (ROTTING, "Idle 12 d, limit 10; next call in 30 d")


def test_a_rotting_deal_without_a_next_activity_says_both():
    assert status(idle=12).text == "Idle 12 d, limit 10; no next activity"


def test_an_overdue_call_matters_more_than_rot():
    assert status(-timedelta(hours=1), idle=99).key == "overdue"


def test_a_stage_without_a_limit_never_rots():
    assert status(idle=400, limit=None).key == "none"


@given(
    due=st.none() | moments,
    idle_since=moments.filter(lambda m: m <= NOW),
    limit=st.none() | st.integers(0, 400),
)
def test_every_deal_has_one_tag_that_its_columns_imply(due, idle_since, limit):
    found = status_of(
        next_due=due, next_what="call", idle_since=idle_since, limit=limit, clock=CLOCK
    )

    assert found.key in TAGS
    assert found.text
    if found.key == ROTTING:
        assert rots(idle_since, limit, CLOCK)
        assert f"Idle {idle_days(idle_since, CLOCK)} d, limit {limit}" in found.text
    else:
        assert found.key == bucket_of(due, CLOCK)


@given(earlier=moments, later=moments)
def test_what_is_due_earlier_never_stands_below_what_is_due_later(earlier, later):
    earlier, later = sorted([earlier, later])
    order = [b for b in BUCKETS if b != "none"]

    assert order.index(bucket_of(earlier, CLOCK)) <= order.index(bucket_of(later, CLOCK))


@given(days=st.integers(0, 400), limit=st.integers(0, 400))
def test_a_deal_that_rots_goes_on_rotting(days, limit):
    today = rots(NOW - timedelta(days=days), limit, CLOCK)
    tomorrow = rots(NOW - timedelta(days=days + 1), limit, CLOCK)

    assert tomorrow or not today

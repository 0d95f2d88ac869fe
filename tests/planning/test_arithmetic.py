"""Feeding the plan back gives the target."""

from datetime import date
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from crm.common.intervals import Interval
from crm.planning.arithmetic import (
    Assumptions,
    backwards,
    bounded,
    forwards,
    lag_months,
    split,
    total,
)

rates = st.fractions(Fraction(1, 200), 1, max_denominator=200)
assumptions = st.builds(
    Assumptions,
    value=st.integers(1, 10**7).map(Fraction),
    win_rate=rates,
    sql_rate=rates,
    mql_rate=rates,
    cost=st.integers(0, 10**5).map(Fraction),
    win_lag=st.integers(0, 12),
    sql_lag=st.integers(0, 12),
    mql_lag=st.integers(0, 12),
)
MONTHS = [date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]


@given(by=assumptions, target=st.integers(1, 10**10))
def test_the_leads_of_the_plan_bring_in_the_target_month_by_month(by, target):
    revenue = split(target, MONTHS)

    plan = backwards(revenue, by)
    leads = {month: need.leads for month, need in plan.items() if need.leads}

    assert forwards(leads, by) == revenue
    assert total(plan).revenue == target
    assert total(plan).budget == total(plan).leads * by.cost


@given(by=assumptions, target=st.integers(1, 10**10))
def test_whole_leads_bring_in_the_target_and_less_than_a_lead_more(by, target):
    plan = backwards(split(target, MONTHS), by)
    whole = {month: Fraction(ceil(need.leads)) for month, need in plan.items() if need.leads}

    brought = sum(forwards(whole, by).values())

    worth = by.mql_rate * by.sql_rate * by.win_rate * by.value
    assert target <= brought < target + 3 * worth


@given(by=assumptions)
def test_better_rates_need_less(by):
    ranges = {name: Interval(float(getattr(by, name)) / 2, min(1.0, float(getattr(by, name)) * 1.5))
              for name in ("win_rate", "sql_rate", "mql_rate")}  # fmt: skip
    revenue = split(10**6, MONTHS)

    least = total(backwards(revenue, bounded(by, ranges, high=True))).leads
    most = total(backwards(revenue, bounded(by, ranges, high=False))).leads

    assert least <= total(backwards(revenue, by)).leads <= most


def test_a_quarter_by_hand():
    by = Assumptions(Fraction(1000), Fraction(1, 4), Fraction(1, 2), Fraction(1, 5), Fraction(30),
                     win_lag=2, sql_lag=1, mql_lag=0)  # fmt: skip

    plan = backwards(split(30_000, MONTHS), by)

    assert plan[date(2027, 1, 1)].deals == 10
    assert plan[date(2026, 11, 1)].sqls == 40
    assert plan[date(2026, 10, 1)].mqls == 80
    assert plan[date(2026, 10, 1)].leads == 400
    assert plan[date(2026, 10, 1)].budget == 12_000


def test_lags_are_the_nearest_whole_months():
    assert [lag_months(days) for days in (None, 3, 20, 45, 61)] == [0, 0, 1, 1, 2]

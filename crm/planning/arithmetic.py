"""The funnel backwards, and forwards again. Pure.

Needs are kept as fractions of a lead: what is shown is rounded up, what is fed on is not. Lags are
whole months. Source: docs/metrics.md#plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from fractions import Fraction

from crm.common.intervals import Interval
from crm.common.periods import add_months

DAYS = 30.4375
"""Of a month, on average."""
STEPS = ("mql_rate", "sql_rate", "win_rate")
"""Lead to MQL, MQL to SQL, SQL to customer."""


@dataclass(frozen=True)
class Assumptions:
    """What a plan stands on. Rates 0 to 1, lags in whole months, money in minor units.

    value: of a won deal; cost: of a lead
    """

    value: Fraction
    win_rate: Fraction
    sql_rate: Fraction
    mql_rate: Fraction
    cost: Fraction = Fraction(0)
    win_lag: int = 0
    sql_lag: int = 0
    mql_lag: int = 0


@dataclass(frozen=True)
class Need:
    """What one month has to bring. revenue, budget in minor units"""

    revenue: Fraction = Fraction(0)
    deals: Fraction = Fraction(0)
    sqls: Fraction = Fraction(0)
    mqls: Fraction = Fraction(0)
    leads: Fraction = Fraction(0)
    budget: Fraction = Fraction(0)

    def __add__(self, other: object) -> "Need":
        assert isinstance(other, Need)
        names = [one.name for one in fields(Need)]
        return Need(**{name: getattr(self, name) + getattr(other, name) for name in names})


Plan = dict[date, Need]
"""By the first day of each month."""


def lag_months(days: float | None) -> int:
    """Return a time between two stages in whole months, the nearest; 0 where it is unknown."""
    return max(0, round((days or 0.0) / DAYS))


def split(target: int, months: Sequence[date]) -> dict[date, Fraction]:
    """Return an equal part of the target for each month."""
    return {month: Fraction(target, len(months)) for month in months}


def backwards(revenue: Mapping[date, Fraction], by: Assumptions) -> Plan:
    """Return what each month needs so that the months of `revenue` bring in what they say."""
    plan: Plan = {}

    def add(month: date, **needs: Fraction) -> None:
        plan[month] = plan.get(month, Need()) + Need(**needs)

    for month, amount in revenue.items():
        deals = amount / by.value
        sqls = deals / by.win_rate
        mqls = sqls / by.sql_rate
        leads = mqls / by.mql_rate
        at_sql = add_months(month, -by.win_lag)
        at_mql = add_months(at_sql, -by.sql_lag)
        at_lead = add_months(at_mql, -by.mql_lag)
        add(month, revenue=amount, deals=deals)
        add(at_sql, sqls=sqls)
        add(at_mql, mqls=mqls)
        add(at_lead, leads=leads, budget=leads * by.cost)
    return dict(sorted(plan.items()))


def forwards(leads: Mapping[date, Fraction], by: Assumptions) -> dict[date, Fraction]:
    """Return the revenue that leads bring in, by month: `backwards` undone."""
    found: dict[date, Fraction] = {}
    lag = by.mql_lag + by.sql_lag + by.win_lag
    for month, many in leads.items():
        won = add_months(month, lag)
        revenue = many * by.mql_rate * by.sql_rate * by.win_rate * by.value
        found[won] = found.get(won, Fraction(0)) + revenue
    return found


def total(plan: Plan) -> Need:
    return sum(plan.values(), Need())


def bounded(by: Assumptions, ranges: Mapping[str, Interval], *, high: bool) -> Assumptions:
    """Return the assumptions with every rate at the upper or lower end of its interval."""
    ends = {
        name: Fraction(interval.high if high else max(interval.low, 0.001)).limit_denominator(10**6)
        for name, interval in ranges.items()
    }
    return replace(by, **ends)  # type: ignore[arg-type]

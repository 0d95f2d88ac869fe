"""The planner's question: what of it is measured, what was changed by hand."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.db.models import Sum

from crm.common.formats import major
from crm.planning.arithmetic import Assumptions
from crm.planning.measuring import Measured, measure, whole_lags
from crm.reports.questions import Question, today
from crm.reports.velocity.chosen import WON, closed
from crm.users.models import Organisation
from deals.forecast.quotas import people_of, quotas, team_names
from deals.forecast.spans import QUARTER, Span, asked, span_of

PERCENTS = ("mql_rate", "sql_rate", "win_rate")
MONEY = ("value", "cost", "target")
LAGS = ("mql_lag", "sql_lag", "win_lag")
OPTIONS = {
    "quarter": "quarter of the target, 2027-Q1",
    "target": "revenue target, in the organisation's currency",
    "value": "value of a won deal",
    "win_rate": "SQLs that become customers, percent",
    "sql_rate": "MQLs that become SQLs, percent",
    "mql_rate": "leads that become MQLs, percent",
    "cost": "cost of a lead",
    "win_lag": "months from SQL to customer",
    "sql_lag": "months from MQL to SQL",
    "mql_lag": "months from lead to MQL",
}
LONGEST = 24
"""Months that a lag may have."""


@dataclass(frozen=True)
class Asked:
    """planned: with every assumption, or None where `missing` names those without a number

    target: minor units, None where nobody has said one; given: what was changed by hand
    """

    quarter: Span
    target: int | None
    measured: Measured
    planned: Assumptions | None
    values: dict[str, Any]
    given: frozenset[str]
    missing: tuple[str, ...]


def ask(question: Question) -> Asked:
    """Return what a question of the planner means; whatever is no number is as good as not said."""
    day = today()
    quarter = asked(
        QUARTER, question.more.get("quarter", ""), span_of(QUARTER, day).shifted(1).first
    )
    measured = measure(day)
    values: dict[str, Any] = {
        **measured.rates,
        **whole_lags(measured),
        "value": measured.value,
        "cost": measured.cost,
        "target": usual_target(quarter),
    }
    given = {
        name: read(name, text)
        for name, text in question.more.items()
        if name in values and text != shown(name, values[name])
    }
    values |= {name: value for name, value in given.items() if value is not None}
    needed = ("value", *PERCENTS)
    missing = tuple(name for name in ("target", *needed) if not values[name])
    planned = None
    if not any(name in missing for name in needed):
        plain = {name: values[name] for name in (*needed, *LAGS)}
        planned = Assumptions(**plain, cost=values["cost"] or Fraction(0))
    target = int(values["target"]) if values["target"] else None
    said = frozenset(name for name, value in given.items() if value is not None)
    return Asked(quarter, target, measured, planned, values, said, missing)


def read(name: str, text: str) -> Any:
    """Return the number that was written for an assumption; None for what is none, or too much."""
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    if not number.is_finite() or number < 0 or number > 10**12:
        return None
    if name in LAGS:
        return int(number) if number <= LONGEST else None
    if name in PERCENTS:
        return Fraction(number) / 100 if 0 < number <= 100 else None
    minor = Fraction(number) / Fraction(major(1, Organisation.get().currency))
    return minor if minor or name == "cost" else None


def usual_target(quarter: Span) -> int | None:
    """Return the quarter's quotas, else what was won in the quarter before today's."""
    people = people_of([quarter])
    found = quotas([quarter], people).of_all(quarter, teams=team_names())
    if found:
        return found
    last = span_of(QUARTER, today()).shifted(-1).period
    own = closed(last, WON).filter(currency=Organisation.get().currency)
    return own.aggregate(s=Sum("amount_minor"))["s"] or None


def shown(name: str, value: Any) -> str:
    """Write an assumption as its control holds it: so it comes back if nobody changes it."""
    if value is None:
        return ""
    if name in LAGS:
        return str(value)
    number = (
        round(float(value) * 100, 1)
        if name in PERCENTS
        else round(float(major(float(value), Organisation.get().currency)), 2)
    )
    return f"{number:.0f}" if number == int(number) else f"{number}"

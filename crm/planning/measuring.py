"""What the last twelve months say of rates, lags, deal value and cost: each from its report."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from django.db.models import Avg, Count, Sum

from campaigns.models import Spend
from crm.common.intervals import FEW, Interval, wilson
from crm.common.periods import Period, named
from crm.planning.arithmetic import STEPS, lag_months
from crm.reports.funnel import Funnel, funnel
from crm.reports.questions import PERIOD, Question, on_days
from crm.reports.velocity.chosen import WON, closed
from crm.stages import PATH, Stage
from crm.users.models import Organisation

RATES = {
    "mql_rate": (Stage.LEAD, Stage.MQL),
    "sql_rate": (Stage.MQL, Stage.SQL),
    "win_rate": (Stage.SQL, Stage.CUSTOMER),
}
LAGS = {
    "mql_lag": (Stage.LEAD, Stage.MQL),
    "sql_lag": (Stage.MQL, Stage.SQL),
    "win_lag": (Stage.SQL, Stage.CUSTOMER),
}


@dataclass(frozen=True)
class Measured:
    """What was measured; None where it rests on too few (fewer than 20) or on nothing.

    rates: share of the period's entries of one stage that the next one makes up
    ranges: their 95 % intervals; lags: days; samples: what each rate is a share of
    value, cost: minor units of the organisation's currency
    """

    rates: dict[str, Fraction | None] = field(default_factory=dict)
    ranges: dict[str, Interval] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=dict)
    lags: dict[str, float | None] = field(default_factory=dict)
    value: Fraction | None = None
    won: int = 0
    cost: Fraction | None = None


def measure(day: date) -> Measured:
    """Measure the twelve months up to `day`, the whole organisation's."""
    period = named("12m", day)
    found = funnel(Question(period, PERIOD, "month"))
    counts, rates, ranges, samples = found.total.counts, {}, {}, {}
    for name, (before, after) in RATES.items():
        of, hits = counts[before], min(counts[after], counts[before])
        samples[name] = of
        rates[name] = Fraction(hits, of) if of >= FEW and hits else None
        if rates[name] and (interval := wilson(hits, of)):
            ranges[name] = interval
    value, won = won_value(period)
    lags = {name: lag(found, *ends) for name, ends in LAGS.items()}
    cost = cost_per_lead(period, counts[Stage.LEAD])
    return Measured(rates, ranges, samples, lags, value, won, cost)


def won_value(period: Period) -> tuple[Fraction | None, int]:
    own = closed(period, WON).filter(currency=Organisation.get().currency)
    found = own.aggregate(average=Avg("amount_minor"), n=Count("*"))
    if found["n"] < FEW or not found["average"]:
        return None, found["n"]
    return Fraction(round(found["average"])), found["n"]


def cost_per_lead(period: Period, leads: int) -> Fraction | None:
    """Return the spend of the period ÷ its leads; None without either."""
    spent = Spend.objects.filter(on_days(period)).aggregate(s=Sum("amount_minor"))["s"]
    return Fraction(spent, leads) if spent and spent > 0 and leads else None


def lag(found: Funnel, before: Stage, after: Stage) -> float | None:
    """Return the median days from one stage to another: those of the steps between, added up."""
    steps = PATH[PATH.index(before) + 1 : PATH.index(after) + 1]
    medians = [found.median(stage) for stage in steps]
    known = [median for median in medians if median is not None]
    return sum(known) if len(known) == len(medians) else None


def whole_lags(measured: Measured) -> dict[str, int]:
    return {name: lag_months(days) for name, days in measured.lags.items()}


assert tuple(RATES) == STEPS

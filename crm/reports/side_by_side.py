"""The funnel dashboard's numbers: cohort and period side by side, trend, the period before.

Source: docs/metrics.md#funnel.
"""

from dataclasses import dataclass, replace
from datetime import date

from crm.common.periods import Period, add_months
from crm.reports.counted import Counts
from crm.reports.funnel import Funnel, funnels
from crm.reports.questions import COHORT, PERIOD, SHARED, Question, today
from crm.tracking.counts import visitors

TREND = 12
"""Months of the trend at least."""
BOTH = 2
"""Cohort and period: the funnels whose stays are shown."""


@dataclass(frozen=True)
class Dashboard:
    """shared: of each stage, the leads that cohort and period have in common

    before: cohort and period of the period compared with
    visitors: of the website, None where the question is about some leads only
    """

    question: Question
    cohort: Funnel
    period: Funnel
    trend: Funnel
    shared: Counts
    before: tuple[Funnel, Funnel] | None = None
    visitors: int | None = None

    def of(self, counting: str) -> Funnel:
        return self.cohort if counting == COHORT else self.period

    def before_of(self, counting: str) -> Funnel | None:
        return self.before[counting == PERIOD] if self.before else None


def dashboard(question: Question) -> Dashboard:
    both = [replace(question, counting=counting) for counting in (COHORT, PERIOD)]
    months = replace(both[1], by="month", period=trend_period(question.period))
    asked = [*both, months, replace(question, by="month", counting=SHARED)]
    if question.before:
        asked += [replace(one, period=question.before) for one in both]
    cohort, period, trend, shared, *then = funnels(asked, timed=BOTH)
    before = (then[0], then[1]) if then else None
    seen = None if question.whose or not question.sees_all else visitors(question.period)
    return Dashboard(question, cohort, period, trend, shared.total.counts, before, seen)


def trend_period(period: Period) -> Period:
    """Return the whole months of the period, and those before it until it is a year."""
    if period.first is None:
        return Period(None, month_after(period.end))
    end = month_after(period.end) or add_months(today(), 1)
    return Period(min(period.first.replace(day=1), add_months(end, -TREND)), end)


def month_after(end: date | None) -> date | None:
    """Return the first of a month that is `end` or comes next."""
    if end is None or end.day == 1:
        return end
    return add_months(end, 1)

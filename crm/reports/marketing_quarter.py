"""The quarter of marketing beside the last one: for the home of who leads it."""

from dataclasses import dataclass
from datetime import date

from crm.common.periods import named
from crm.reports.funnel import Funnel, funnel, ratio
from crm.reports.questions import PERIOD, Question
from crm.reports.returns.report import returns
from crm.stages import Stage
from crm.users.models import User


@dataclass(frozen=True)
class Quarter:
    """pipeline, roi: of all campaigns and all time, as in the return report; None: not to be told

    acceptance: SALs ÷ MQLs of the quarter; to_mql and so on: median days from the stage before
    """

    pipeline: int | None
    roi: float | None
    acceptance: float | None
    acceptance_before: float | None
    to_mql: float | None
    to_sal: float | None
    to_sql: float | None

    @property
    def days(self) -> float | None:
        """Velocity: the medians of the three steps to SQL, added up; None without one of them."""
        steps = (self.to_mql, self.to_sal, self.to_sql)
        known = [step for step in steps if step is not None]
        return sum(known) if len(known) == len(steps) else None

    @property
    def acceptance_change(self) -> float | None:
        if self.acceptance is None or self.acceptance_before is None:
            return None
        return self.acceptance - self.acceptance_before


def quarter(user: User, today: date) -> Quarter:
    """Return the numbers that `user` may know, each from its report."""
    this, last = (
        funnel(Question(named(name, today), PERIOD, user=user))
        for name in ("quarter", "last_quarter")
    )
    total = returns(Question(by="campaign", user=user)).total.found
    return Quarter(
        pipeline=total.pipeline,
        roi=total.roi,
        acceptance=accepted(this),
        acceptance_before=accepted(last),
        to_mql=this.median(Stage.MQL),
        to_sal=this.median(Stage.SAL),
        to_sql=this.median(Stage.SQL),
    )


def accepted(found: Funnel) -> float | None:
    counts = found.total.counts
    return ratio(counts[Stage.SAL], counts[Stage.MQL])

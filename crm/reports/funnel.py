"""The funnel report: how many leads reached each stage, and how many went on.

Counts are of StageEntry rows: a lead counts once in each stage that it reached, also when it
leapt over it. Source: docs/metrics.md#funnel.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import now

from crm.common.periods import of_month
from crm.reports import from_ledger, sums
from crm.reports.dimensions import DIMENSIONS
from crm.reports.questions import Question
from crm.stages import PATH, Stage


@dataclass
class Row:
    """One group: `value` is what a filter takes (a primary key, a month, "none")."""

    key: str
    label: str
    value: str
    counts: dict[Stage, int]

    @property
    def conversion(self) -> float | None:
        """MQL → customer, 0 to 1; None without an MQL."""
        return ratio(self.counts[Stage.CUSTOMER], self.counts[Stage.MQL])

    def as_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            **{stage.value: self.counts[stage] for stage in PATH},
            "conversion": self.conversion,
        }


@dataclass
class Funnel:
    question: Question
    rows: list[Row]
    total: Row
    medians: dict[Stage, float | None]
    as_of: datetime

    def as_dict(self) -> dict[str, Any]:
        """Return the report as `manage.py report funnel --format json` prints it."""
        return {
            "report": "funnel",
            "by": self.question.by,
            "counting": self.question.counting,
            "period": str(self.question.period),
            "as_of": self.as_of.isoformat(),
            "rows": [row.as_dict() for row in self.rows],
            "total": self.total.as_dict(),
        }


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def funnel(question: Question) -> Funnel:
    """Answer the question: from the kept sums where they can, else from the ledger's entries.

    Both give the same numbers at every moment.
    """
    counted = sums.count(question) or from_ledger.count(question)
    rows = rows_of(question, counted.groups)
    total = Row("total", "Total", "", {s: sum(row.counts[s] for row in rows) for s in PATH})
    return Funnel(question, rows, total, counted.medians, now())


def rows_of(question: Question, groups: dict[str, dict[Stage, int]]) -> list[Row]:
    """Return a row for each group, the largest first; months in their order."""
    if question.by == "month":
        return [
            Row(value, f"{of_month(value).first:%b %Y}", value, groups[value])
            for value in sorted(groups)
        ]
    named = DIMENSIONS[question.by].names(groups)
    rows = [Row(*named[value], value, groups[value]) for value in groups]
    return sorted(rows, key=lambda row: (-max(row.counts.values()), row.key))

"""The funnel: how many leads reached each stage, and how many went on.

Counts are of StageEntry rows: a lead counts once in each stage that it reached, also when it
leapt over it. Source: docs/metrics.md#funnel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import now

from campaigns.segments.models import Segment
from crm.common.periods import of_month
from crm.reports import from_ledger, sums
from crm.reports.counted import Counted, Counts, empty
from crm.reports.dimensions import DIMENSIONS, Named, told_apart
from crm.reports.durations import Stay
from crm.reports.questions import Question
from crm.stages import PATH, Stage


@dataclass
class Row:
    """One group: `value` is what a filter takes (a primary key, a month, "none")."""

    key: str
    label: str
    value: str
    counts: Counts

    @property
    def conversion(self) -> float | None:
        """MQL → customer, 0 to 1; None without an MQL."""
        return ratio(self.counts[Stage.CUSTOMER], self.counts[Stage.MQL])


@dataclass
class Funnel:
    """One question's answer. stays: days to each stage from the one before"""

    question: Question
    rows: list[Row]
    total: Row
    stays: dict[Stage, Stay]
    as_of: datetime

    def row(self, value: str) -> Row:
        """Return the row of a group, one of zeros where it has none."""
        found = (row for row in self.rows if row.value == value)
        return next(found, Row(value, value, value, empty()))

    def median(self, stage: Stage) -> float | None:
        return self.stays.get(stage, Stay()).median


def ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def funnel(question: Question) -> Funnel:
    """Answer one question; see `funnels`."""
    return funnels([question])[0]


def funnels(questions: Sequence[Question], timed: int | None = None) -> list[Funnel]:
    """Answer several questions of one moment, alike in their breakdown or by month.

    From the kept sums where they can, else from the ledger's entries. Both give the same numbers
    at every moment.
    timed: only so many of the questions, the first ones, want to know the stays
    """
    counted = sums.count_all(questions, timed) or from_ledger.count_all(questions, timed)
    pairs = list(zip(questions, counted, strict=True))
    grouped = [(question.by, one.groups) for question, one in pairs if question.by != "month"]
    named = names(grouped[0][0], {v for _, groups in grouped for v in groups}) if grouped else {}
    at = now()
    return [
        Funnel(question, rows_of(question, one, named), total(one), dict(one.stays), at)
        for question, one in pairs
    ]


def total(counted: Counted) -> Row:
    summed = {stage: sum(row[stage] for row in counted.groups.values()) for stage in PATH}
    return Row("total", "Total", "", summed if counted.all is None else counted.all)


def rows_of(question: Question, counted: Counted, named: Named) -> list[Row]:
    """Return a row for each group, the largest first; months in their order."""
    groups = counted.groups
    if question.by == "month":
        return [
            Row(value, f"{of_month(value).first:%b %Y}", value, groups[value])
            for value in sorted(groups)
        ]
    rows = [Row(*named[value], value, groups[value]) for value in groups]
    return sorted(rows, key=lambda row: (-max(row.counts.values()), row.key))


def names(by: str, values: Iterable[str]) -> Named:
    """Return key and label of each group of a breakdown."""
    if by != "segment":
        return DIMENSIONS[by].names(values)
    return told_apart(Segment.objects.filter(pk__in=map(int, values)).values_list("pk", "name"))

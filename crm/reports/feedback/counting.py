"""The counts of the feedback report, by group: one query for handoffs, one for verdicts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Count

from crm.common.periods import Period
from crm.funnel.models import Handoff
from crm.reports.dimensions import OF_HANDOFFS, Dimension
from crm.reports.feedback import chosen
from crm.reports.feedback.chosen import AGAINST_IT, LOST, OF_VERDICTS, PARTS
from crm.reports.questions import Question

COUNTED = (chosen.GOOD, chosen.NOT_GOOD, chosen.DISPUTED, chosen.OPEN, chosen.UPHELD,
           chosen.OVERTURNED)  # fmt: skip


@dataclass
class Feedback:
    """What was handed over and what was said of it, of one group or all.

    handed: handoffs opened in the period, of which accepted, rejected, recycled, waiting
    good, not_good: words on leads whose deals closed in it; the rest: disputes of its verdicts
    """

    handed: int = 0
    accepted: int = 0
    rejected: int = 0
    recycled: int = 0
    waiting: int = 0
    good: int = 0
    not_good: int = 0
    disputed: int = 0
    open: int = 0
    upheld: int = 0
    overturned: int = 0

    @property
    def answered(self) -> int:
        return self.accepted + self.rejected + self.recycled

    @property
    def accept_rate(self) -> float | None:
        return self.accepted / self.answered if self.answered else None

    @property
    def good_rate(self) -> float | None:
        judged = self.good + self.not_good
        return self.good / judged if judged else None


def together(parts: Iterable[Feedback]) -> Feedback:
    found = list(parts)
    names = [one.name for one in fields(Feedback)]
    return Feedback(**{name: sum(getattr(one, name) for one in found) for name in names})


def feedback_by(question: Question, period: Period) -> dict[str, Feedback]:
    """Return the counts of each group of the question's breakdown that has any."""
    found: dict[str, Feedback] = defaultdict(Feedback)
    by = OF_HANDOFFS[question.by]
    handed = by.grouped(question.seen(chosen.handed(period, question.whose))).order_by()
    for group, outcome, number in handed.values_list("group", "outcome").annotate(n=Count("pk")):
        one = found[by.written(group)]
        one.handed += number
        if outcome in Handoff.Outcome.values:
            setattr(one, outcome, getattr(one, outcome) + number)
    by = OF_VERDICTS[question.by]
    said = by.grouped(question.seen(chosen.verdicts(period, question.whose))).order_by()
    counts = {part.replace("-", "_"): Count("pk", filter=PARTS[part]) for part in COUNTED}
    for group, *numbers in said.values_list("group").annotate(**counts):
        one = found[by.written(group)]
        for name, number in zip(counts, numbers, strict=True):
            setattr(one, name, number)
    return {group: one for group, one in found.items() if one != Feedback()}


@dataclass
class Said:
    """One reason that sales gave, and how often in each group.

    reason: its key, or of a lost deal its words; side: who is to mend the cause
    """

    reason: Any
    name: str
    side: str = ""
    groups: dict[str, int] = field(default_factory=dict)
    disputed: int = 0
    upheld: int = 0
    overturned: int = 0

    @property
    def total(self) -> int:
        return sum(self.groups.values())


def reasons(question: Question) -> list[Said]:
    """Return why sales gave leads back in the period, the most frequent reason first."""
    columns = ("reason", "reason__name", "reason__side")
    ruled = {part: Count("pk", filter=PARTS[part]) for part in (chosen.DISPUTED, chosen.UPHELD,
             chosen.OVERTURNED)}  # fmt: skip
    found: dict[Any, Said] = {}
    for group, reason, name, side, number, *rulings in counted(
        question, AGAINST_IT, *columns, **ruled
    ):
        one = found.setdefault(reason, Said(reason, name or "No reason", side or ""))
        add(one, group, number)
        for part, many in zip(ruled, rulings, strict=True):
            setattr(one, part, getattr(one, part) + many)
    return ordered(found)


def lost_reasons(question: Question) -> list[Said]:
    """Return why deals were lost in the period, as it was said then."""
    found: dict[str, Said] = {}
    for group, words, number in counted(question, LOST, "reason_text"):
        add(found.setdefault(words, Said(words, words or "No reason")), group, number)
    return ordered(found)


def counted(question: Question, part: str, *columns: str, **more: Any) -> Iterable[tuple[Any, ...]]:
    by: Dimension = OF_VERDICTS[question.by]
    rows = question.seen(chosen.verdicts(question.period, question.whose)).filter(PARTS[part])
    cells = by.grouped(rows).order_by().values_list("group", *columns)
    for group, *rest in cells.annotate(n=Count("pk"), **more):
        yield by.written(group), *rest


def add(one: Said, group: str, number: int) -> None:
    one.groups[group] = one.groups.get(group, 0) + number


def ordered(found: dict[Any, Said]) -> list[Said]:
    return sorted(found.values(), key=lambda one: (-one.total, one.name))

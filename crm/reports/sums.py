"""The funnel read from kept sums: as quick with a million leads as with a thousand, and exact.

The sums lag behind the ledger by the leads that are marked stale. For these the report counts out
what the sums hold of them and counts in what the ledger says now. All that it reads must belong to
one moment: nothing was folded and no mark was set between the first query and the last, or it
reads again.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple, TypeVar

from django.db.models import Count, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from crm.common.periods import Period, add_months
from crm.reports.counted import Counted, empty
from crm.reports.durations import median_of
from crm.reports.facts import NOBODY, CountKey, DurationKey, Sums
from crm.reports.lives import as_counted, in_ledger
from crm.reports.models import COUNTED, DurationSum, FunnelSum, StaleLead, SumsState
from crm.reports.questions import PERIOD, Question
from crm.stages import PATH, Stage
from crm.users.models import Organisation

MOST_STALE = 2000
"""Marks up to which the difference is counted on reading; with more the ledger is quicker."""
ATTEMPTS = 3
Told = TypeVar("Told")


class Moment(NamedTuple):
    """How the sums stand: equal before and after means that nothing came between."""

    version: int
    time_zone: str
    stale: int


def now_standing() -> Moment | None:
    """Return how the sums stand; None before they were ever kept.

    A mark that comes shows in their number: one that goes, in the version.
    """
    marks = StaleLead.objects.order_by().annotate(one=Value(1)).values("one")
    stale = Coalesce(Subquery(marks.annotate(n=Count("pk")).values("n")), 0)
    rows = SumsState.objects.annotate(stale=stale).values_list("version", "time_zone", "stale")
    found = rows.first()
    return Moment(*found) if found else None


def count(question: Question) -> Counted | None:
    """Answer the question from the sums; None where they cannot: the ledger has to be counted.

    That is: a period that begins or ends within a month, a reader who does not see all leads, very
    many stale leads, another time zone, or sums that changed under every attempt.
    """
    return read(question, lambda them: Counted(groups(question, them), medians(question, them)))


def by_campaign(month: date | None) -> dict[int, dict[Stage, int]] | None:
    """Return the entries of each campaign's leads, of one month or all: campaigns.counting.Find."""
    period = Period(month, add_months(month, 1)) if month else Period()
    question = Question(period, PERIOD, "campaign")
    found = read(question, lambda change: groups(question, change))
    if found is None:
        return None
    return {NOBODY if name == "none" else int(name): row for name, row in found.items()}


def read(question: Question, tell: Callable[[Sums], Told]) -> Told | None:
    """Return what `tell` reads from the sums, all of one moment; None where they cannot answer.

    tell: gets what the stale leads change
    """
    if not question.sees_all or not is_of_months(question):
        return None
    for _ in range(ATTEMPTS):
        moment = now_standing()
        if moment is None or moment.stale > MOST_STALE:
            return None
        if moment.time_zone != Organisation.get().time_zone:
            return None
        told = tell(difference(question, moment))
        if now_standing() == moment:
            return told
    return None


def is_of_months(question: Question) -> bool:
    days = (question.period.first, question.period.end)
    return all(day is None or day.day == 1 for day in days)


def difference(question: Question, moment: Moment) -> Sums:
    """Return what the stale leads change in the sums that the question asks for."""
    change = Sums(Organisation.get().zone, [question.counting], [kept_by(question)])
    if not moment.stale:
        return change
    leads = set(StaleLead.objects.values_list("lead_id", flat=True)[: MOST_STALE + 1])
    for fact in as_counted(leads).values():
        change.add(fact, -1)
    for fact in in_ledger(leads).values():
        change.add(fact)
    return change


def months(question: Question) -> Q:
    """Return the condition that a sum's month lies in the period."""
    condition = Q(counting=question.counting)
    if question.period.first:
        condition &= Q(month__gte=question.period.first)
    if question.period.end:
        condition &= Q(month__lt=question.period.end)
    return condition


def counts(question: Question, key: CountKey | DurationKey) -> bool:
    """Whether the month of this key lies in the period; the same condition as in `months`."""
    first, end = question.period.first, question.period.end
    return (first is None or key.month >= first) and (end is None or key.month < end)


def groups(question: Question, change: Sums) -> dict[str, dict[Stage, int]]:
    """Return the counts of each group that has any."""
    by, by_month = kept_by(question), question.by == "month"
    column = "month" if by_month else "value"
    found: dict[str, dict[Stage, int]] = defaultdict(empty)

    def add(group: date | int, numbers: Any) -> None:
        row = found[written(group)]
        for stage, number in zip(PATH, numbers, strict=True):
            row[stage] += number

    kept = FunnelSum.objects.filter(months(question), by=by).order_by().values(column)
    summed = {f"sum_{name}": Sum(name) for name in COUNTED}
    for group, *numbers in kept.annotate(**summed).values_list(column, *summed):
        add(group, numbers)
    for key, numbers in change.counts.items():
        if counts(question, key):
            add(key.month if by_month else key.value, numbers)
    return {group: row for group, row in found.items() if any(row.values())}


def kept_by(question: Question) -> str:
    """Return by what the sums are kept that answer the question: any of them gives the months."""
    return "channel" if question.by == "month" else question.by


def written(group: date | int) -> str:
    if isinstance(group, date):
        return f"{group:%Y-%m}"
    return "none" if group == NOBODY else str(group)


def medians(question: Question, change: Sums) -> dict[Stage, float | None]:
    """Return the median days to each stage from the one before."""
    bins: dict[Stage, dict[int, int]] = {stage: defaultdict(int) for stage in PATH[1:]}
    for row in DurationSum.objects.filter(months(question)).values_list("bins", flat=True):
        for name, kept in row.items():
            of_stage = bins[Stage(name)]
            for number, many in kept.items():
                of_stage[int(number)] += many
    for key, added in change.durations.items():
        if counts(question, key):
            for number, many in added.items():
                bins[PATH[key.place]][number] += many
    return {stage: median_of(of_stage) for stage, of_stage in bins.items()}

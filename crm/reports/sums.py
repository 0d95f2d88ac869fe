"""The funnel read from kept sums: as quick with a million leads as with a thousand, and exact.

The sums lag behind the ledger by the leads that are marked stale. For these the report counts out
what the sums hold of them and counts in what the ledger says now. All that it reads must belong to
one moment: nothing was folded and no mark was set between the first query and the last, or it
reads again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from crm.common.periods import Period, add_months
from crm.reports.counted import Counted, Counts
from crm.reports.durations import Stay, stay_of
from crm.reports.facts import (
    CAME,
    KEPT_BY,
    NOBODY,
    CountKey,
    DurationKey,
    Sums,
    month_of,
    number_of,
)
from crm.reports.lives import as_counted, in_ledger
from crm.reports.models import COUNTED, DurationSum, FunnelSum, StaleLead, SumsState
from crm.reports.questions import PERIOD, SHARED, Question
from crm.stages import PATH, Stage
from crm.users.models import Organisation

MOST_STALE = 2000
"""Marks up to which the difference is counted on reading; with more the ledger is quicker."""
ATTEMPTS = 3
PLACES = {stage.value: place for place, stage in enumerate(PATH)}


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
    """Answer one question from the sums; None where they cannot."""
    found = count_all([question])
    return found[0] if found else None


def count_all(questions: Sequence[Question], timed: int | None = None) -> list[Counted] | None:
    """Answer the questions, all of one moment; None where the ledger has to be counted.

    timed: only so many of the questions, the first ones, want to know the stays
    That is: a period that begins or ends within a month, a reader who does not see all leads, a
    breakdown that no sums are kept by, very many stale leads, another time zone, or sums that
    changed under every attempt.
    """
    by = kept_by(questions)
    if by is None or not all(can_answer(question) for question in questions):
        return None
    for _ in range(ATTEMPTS):
        moment = now_standing()
        if moment is None or moment.stale > MOST_STALE:
            return None
        if moment.time_zone != Organisation.get().time_zone:
            return None
        told = read(questions, by, moment, timed)
        if now_standing() == moment:
            return told
    return None


def by_campaign(month: date | None) -> dict[int, dict[Stage, int]] | None:
    """Return the entries of each campaign's leads, of one month or all: campaigns.counting.Find."""
    period = Period(month, add_months(month, 1)) if month else Period()
    found = count(Question(period, PERIOD, "campaign"))
    if found is None:
        return None
    return {NOBODY if name == "none" else int(name): row for name, row in found.groups.items()}


def kept_by(questions: Sequence[Question]) -> str | None:
    """Return by what the sums are kept that answer all the questions: any of them gives months."""
    asked = {question.by for question in questions} - {"month"}
    if not asked:
        return "channel"
    return asked.pop() if len(asked) == 1 and asked <= {*KEPT_BY} else None


def can_answer(question: Question) -> bool:
    days = (question.period.first, question.period.end)
    in_months = all(day is None or day.day == 1 for day in days)
    return in_months and question.sees_all and not question.whose


def read(
    questions: Sequence[Question], by: str, moment: Moment, timed: int | None
) -> list[Counted]:
    change = difference(questions, by, moment)
    grouped, bins = kept_groups(questions, by), kept_bins(questions[:timed], change)
    return [
        Counted(
            with_change(question, kept, change),
            stays(question, bins) if timed is None or place < timed else {},
        )
        for place, (question, kept) in enumerate(zip(questions, grouped, strict=True))
    ]


def difference(questions: Sequence[Question], by: str, moment: Moment) -> Sums:
    """Return what the stale leads change in the sums that the questions ask for."""
    change = Sums(Organisation.get().zone, {question.counting for question in questions}, [by])
    if not moment.stale:
        return change
    # Limited, or the database misjudges how few the churning table holds, and reads all entries.
    leads = StaleLead.objects.order_by().values("lead_id")[:MOST_STALE]
    for fact in as_counted(leads).values():
        change.add(fact, -1)
    for fact in in_ledger(leads).values():
        change.add(fact)
    return change


def asked_of(question: Question) -> Q:
    """Return the condition that a sum is of the question's counting and its months."""
    condition = Q(counting=question.counting)
    first, end = question.period.first, question.period.end
    if first:
        condition &= Q(month__gte=first)
    if end:
        condition &= Q(month__lt=end)
    if question.counting != SHARED:
        return condition
    condition &= Q(value__gte=number_of(first)) if first else Q()
    return condition & (Q(value__lt=number_of(end)) if end else Q())


def counts_in(question: Question, key: CountKey | DurationKey) -> bool:
    """Whether a sum is of the question's counting and its period; as in `asked_of`."""
    months = [key.month]
    if isinstance(key, CountKey) and key.counting == SHARED:
        months.append(month_of(key.value))
    first, end = question.period.first, question.period.end
    return key.counting == question.counting and all(
        (first is None or month >= first) and (end is None or month < end) for month in months
    )


Groups = dict[date | int, list[int]]


def kept_groups(questions: Sequence[Question], by: str) -> list[Groups]:
    """Return the kept counts of each question's groups: one query for groups, one for months."""
    found: list[Groups] = [{} for _ in questions]
    for column in ("value", "month"):
        places = [
            place
            for place, question in enumerate(questions)
            if (question.by == "month") == (column == "month")
        ]
        if not places:
            continue
        asked = Q()
        sums: dict[str, Any] = {}
        for place in places:
            mine = asked_of(questions[place])
            mine &= Q(by=CAME if questions[place].counting == SHARED else by)
            asked |= mine
            sums |= {f"sum_{place}_{name}": Sum(name, filter=mine, default=0) for name in COUNTED}
        rows = FunnelSum.objects.filter(asked).order_by().values(column).annotate(**sums)
        for group, *numbers in rows.values_list(column, *sums):
            for turn, place in enumerate(places):
                part = numbers[turn * len(PATH) : (turn + 1) * len(PATH)]
                found[place][group] = part
    return found


def with_change(question: Question, kept: Groups, change: Sums) -> dict[str, Counts]:
    """Return the counts of each group that has any, with what the stale leads change."""
    groups = {group: list(numbers) for group, numbers in kept.items()}
    for key, numbers in change.counts.items():
        if counts_in(question, key):
            group = key.month if question.by == "month" else key.value
            row = groups.setdefault(group, [0] * len(PATH))
            for place, number in enumerate(numbers):
                row[place] += number
    rows = ((written(group), row) for group, row in groups.items() if any(row))
    return {group: dict(zip(PATH, row, strict=True)) for group, row in rows}


def written(group: date | int) -> str:
    if isinstance(group, date):
        return f"{group:%Y-%m}"
    return "none" if group == NOBODY else str(group)


Bins = dict[DurationKey, list[dict[str, int]]]
"""For each month and stage: how many leads took so long, by the number of the bin, in parts."""


def kept_bins(questions: Sequence[Question], change: Sums) -> Bins:
    """Return the kept durations that are asked for, and what the stale leads change in them."""
    found: Bins = defaultdict(list)
    asked = Q(pk__in=[])
    for question in questions:
        if question.counting != SHARED:  # what both share is not timed
            asked |= asked_of(question)
    rows = DurationSum.objects.filter(asked).values_list("counting", "month", "bins")
    for counting, month, bins in rows:
        for name, kept in bins.items():
            found[DurationKey(counting, month, PLACES[name])].append(kept)
    for key, added in change.durations.items():
        found[key].append({str(number): many for number, many in added.items()})
    return found


def stays(question: Question, kept: Bins) -> dict[Stage, Stay]:
    """Return the days to each stage from the one before."""
    bins: dict[Stage, dict[str, int]] = {stage: defaultdict(int) for stage in PATH[1:]}
    for key, parts in kept.items():
        if counts_in(question, key):
            of_stage = bins[PATH[key.place]]
            for part in parts:
                for number, many in part.items():
                    of_stage[number] += many
    return {
        stage: stay_of({int(number): many for number, many in of_stage.items()})
        for stage, of_stage in bins.items()
    }

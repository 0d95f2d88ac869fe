"""The funnel counted from the ledger's entries themselves: the reference, for any question."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber, TruncMonth

from campaigns.segments.models import Segment
from campaigns.segments.services import members
from crm.funnel.models import StageEntry
from crm.reports.counted import Counted, Counts, empty
from crm.reports.dimensions import DIMENSIONS, seen_from
from crm.reports.durations import Stay, bin_of, days_of, places
from crm.reports.questions import COHORT, PERIOD, SHARED, Question, of_whom, within
from crm.stages import PATH, Stage
from crm.users.models import Organisation
from leads.models import Lead

OF_ENTRIES = seen_from("lead__")
MOST_SEGMENTS = 30
"""Segments that a funnel is broken down by: the last that were changed."""


def count(question: Question) -> Counted:
    """Answer one question."""
    return count_all([question])[0]


def count_all(questions: Sequence[Question], timed: int | None = None) -> list[Counted]:
    """Answer the questions one after the other; the first `timed` of them, or all, with stays."""
    return [
        count_one(question, with_stays=timed is None or place < timed)
        for place, question in enumerate(questions)
    ]


def count_one(question: Question, *, with_stays: bool) -> Counted:
    counted = entries(question)
    found = stays(counted) if with_stays else {}
    if question.by == "segment":
        return Counted(by_segment(counted), found, by_stage(counted))
    return Counted(groups(question, counted), found)


def entries(question: Question) -> Any:
    """Return the StageEntry rows of the path that the question counts."""
    counted = StageEntry.objects.filter(stage__in=PATH)
    if question.user and not question.sees_all:
        counted = counted.filter(lead__in=Lead.objects.visible_to(question.user))
    counted = counted.filter(of_whom(question.whose, owner="lead__owner", team="lead__team"))
    condition = within(question.period)
    if not condition:
        return counted
    if question.counting in (PERIOD, SHARED):
        counted = counted.filter(condition)
    if question.counting in (COHORT, SHARED):
        came_in = StageEntry.objects.filter(condition, lead=OuterRef("lead"), stage=Stage.LEAD)
        counted = counted.filter(Exists(came_in))
    return counted


def by_stage(counted: Any) -> Counts:
    found = empty()
    for stage, number in counted.order_by().values_list("stage").annotate(n=Count("pk")):
        found[Stage(stage)] = number
    return found


def groups(question: Question, counted: Any) -> dict[str, Counts]:
    if question.by == "month":
        grouped = with_month(question, counted)
    else:
        grouped = OF_ENTRIES[question.by].grouped(counted)
    cells = grouped.order_by().values_list("stage", "group")
    return collected((written(value), stage, number) for stage, value, number in counts(cells))


def counts(cells: Any) -> Any:
    return cells.annotate(n=Count("pk"))


def collected(cells: Any) -> dict[str, Counts]:
    found: dict[str, Counts] = defaultdict(empty)
    for group, stage, number in cells:
        found[group][Stage(stage)] += number
    return dict(found)


def by_segment(counted: Any) -> dict[str, Counts]:
    """Return the counts of each segment, in one query for all. A lead may be in several."""
    parts = []
    for segment in Segment.objects.order_by("-updated_at", "pk")[:MOST_SEGMENTS]:
        of_segment = counted.filter(lead__in=members(segment).order_by().values("pk"))
        name = Value(str(segment.pk), output_field=CharField())
        parts.append(counts(of_segment.order_by().values_list("stage").annotate(group=name)))
    if not parts:
        return {}
    union = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    return collected((group, stage, number) for stage, group, number in union)


def with_month(question: Question, counted: Any) -> Any:
    """Annotate `group`: when the lead came in (cohort), or when the stage was reached (period)."""
    zone = Organisation.get().zone
    if question.counting != COHORT:
        return counted.annotate(group=TruncMonth("at", tzinfo=zone))
    return counted.filter(lead__entries__stage=Stage.LEAD).annotate(
        group=TruncMonth("lead__entries__at", tzinfo=zone)
    )


def written(value: datetime | int | str | None) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m}"
    return DIMENSIONS["channel"].written(value)


def stays(counted: Any) -> dict[Stage, Stay]:
    """Return the days to each stage from the one before.

    Entries that an import implied have no time of their own and are left out, on both sides.
    The database finds the few durations that matter; as bins keep their order, the middle of their
    bins is what the kept sums give.
    """
    before = Case(
        *(When(stage=stage, then=Value(last)) for last, stage in zip(PATH, PATH[1:], strict=False))
    )
    took = ExpressionWrapper(F("at") - F("lead__entries__at"), output_field=DurationField())
    ranked = (
        counted.filter(implied=False, lead__entries__implied=False, lead__entries__stage=before)
        .annotate(took=took)
        .annotate(
            place=Window(RowNumber(), partition_by="stage", order_by=[F("took"), F("pk")]),
            many=Window(Count("pk"), partition_by="stage"),
        )
        .annotate(ten=F("place") * 10)
    )
    middle = Q(place__gte=F("many") / 2.0, place__lte=F("many") / 2.0 + 1)
    tail = Q(ten__gte=F("many") * 9, ten__lt=F("many") * 9 + 10)
    at: dict[Stage, dict[int, float]] = {stage: {} for stage in PATH[1:]}
    many: Counter[Stage] = Counter()
    for stage, duration, place, number in ranked.filter(middle | tail).values_list(
        "stage", "took", "place", "many"
    ):
        at[Stage(stage)][place], many[Stage(stage)] = days_of(bin_of(duration)), number
    return {stage: stay_at(many[stage], days) for stage, days in at.items()}


def stay_at(many: int, days: dict[int, float]) -> Stay:
    if not many:
        return Stay()
    lower, upper, rank = places(many)
    return Stay((days[lower] + days[upper]) / 2, days[rank])

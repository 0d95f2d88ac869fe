"""The funnel counted from the ledger's entries themselves: the reference, for any question."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber, TruncMonth

from crm.funnel.models import StageEntry
from crm.reports.counted import Counted, empty
from crm.reports.durations import bin_of, median_of
from crm.reports.questions import GROUPINGS, PERIOD, Question, within
from crm.stages import PATH, Stage
from crm.users.models import Organisation
from leads.models import Lead


def count(question: Question) -> Counted:
    """Answer the question in two queries."""
    counted = entries(question)
    return Counted(groups(question, counted), medians(counted))


def entries(question: Question) -> Any:
    """Return the StageEntry rows of the path that the question counts."""
    counted = StageEntry.objects.filter(stage__in=PATH)
    if question.user and not question.sees_all:
        counted = counted.filter(lead__in=Lead.objects.visible_to(question.user))
    condition = within(question.period)
    if not condition:
        return counted
    if question.counting == PERIOD:
        return counted.filter(condition)
    came_in = StageEntry.objects.filter(condition, lead=OuterRef("lead"), stage=Stage.LEAD)
    return counted.filter(Exists(came_in))


def groups(question: Question, counted: Any) -> dict[str, dict[Stage, int]]:
    if question.by == "month":
        counted = with_month(question, counted)
    cells = counted.order_by().values_list("stage", GROUPINGS[question.by].path)
    found: dict[str, dict[Stage, int]] = defaultdict(empty)
    for stage, value, number in cells.annotate(n=Count("pk")):
        found[written(value)][Stage(stage)] = number
    return dict(found)


def with_month(question: Question, counted: Any) -> Any:
    """Annotate `month`: when the lead came in (cohort), or when the stage was reached (period)."""
    zone = Organisation.get().zone
    if question.counting == PERIOD:
        return counted.annotate(month=TruncMonth("at", tzinfo=zone))
    return counted.filter(lead__entries__stage=Stage.LEAD).annotate(
        month=TruncMonth("lead__entries__at", tzinfo=zone)
    )


def written(value: datetime | int | None) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m}"
    return "none" if value is None else str(value)


def medians(counted: Any) -> dict[Stage, float | None]:
    """Return the median days to each stage from the one before; None without any.

    Entries that an import implied have no time of their own and are left out, on both sides.
    The database finds the one or two durations in the middle; as bins keep their order, the median
    of these bins is the one that the kept sums give.
    """
    before = Case(
        *(When(stage=stage, then=Value(last)) for last, stage in zip(PATH, PATH[1:], strict=False))
    )
    took = ExpressionWrapper(F("at") - F("lead__entries__at"), output_field=DurationField())
    timed = (
        counted.filter(implied=False, lead__entries__implied=False, lead__entries__stage=before)
        .annotate(took=took)
        .annotate(
            place=Window(RowNumber(), partition_by="stage", order_by=[F("took"), F("pk")]),
            many=Window(Count("pk"), partition_by="stage"),
        )
    )
    middle = timed.filter(place__gte=F("many") / 2.0, place__lte=F("many") / 2.0 + 1)
    bins: dict[Stage, Counter[int]] = {stage: Counter() for stage in PATH[1:]}
    for stage, duration in middle.values_list("stage", "took"):
        bins[Stage(stage)][bin_of(duration)] += 1
    return {stage: median_of(of_stage) for stage, of_stage in bins.items()}

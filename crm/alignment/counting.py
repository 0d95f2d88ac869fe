"""The numbers of the alignment by month or quarter: one query for all that is dated alike."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth, TruncQuarter

from crm.alignment.chosen import NUMBERS, Number
from crm.common.periods import Period
from crm.reports.questions import Question, within
from crm.users.models import Organisation
from deals.forecast.spans import MONTH, Span

TRUNC = {MONTH: TruncMonth}


@dataclass(frozen=True)
class Counted:
    """Numbers by the first day of each month or quarter.

    seen: of them what the reader sees; None where he sees all
    """

    all: Mapping[date, Mapping[str, int]]
    seen: Mapping[date, Mapping[str, int]] | None

    def of(self, first: date, name: str) -> int:
        return self.all.get(first, {}).get(name, 0)

    def seen_of(self, first: date, name: str) -> int | None:
        return None if self.seen is None else self.seen.get(first, {}).get(name, 0)


def counted(question: Question, spans: list[Span]) -> Counted:
    """Return all numbers of these spans, which follow one another, of the whole organisation."""
    user = None if question.sees_all else question.user
    together: dict[tuple[Any, str], list[Number]] = defaultdict(list)
    for number in NUMBERS.values():
        together[number.model, number.at].append(number)
    period = Period(spans[0].first, spans[-1].end)
    everything: dict[date, dict[str, int]] = defaultdict(dict)
    seen: dict[date, dict[str, int]] = defaultdict(dict)
    for numbers in together.values():
        conditions = {number.name: number.condition() for number in numbers}
        theirs = numbers[0].seen(user) if user else None
        for first, row in by_span(numbers[0], period, spans[0].kind, conditions, theirs):
            for name in conditions:
                everything[first][name] = row[f"all_{name}"]
                if theirs is not None:
                    seen[first][name] = row[f"seen_{name}"]
    return Counted(everything, seen if user else None)


def by_span(
    number: Number, period: Period, kind: str, conditions: Mapping[str, Q], seen: Q | None
) -> Iterable[tuple[date, dict[str, int]]]:
    """Yield the counts of each month or quarter that has a row."""
    trunc, zone = TRUNC.get(kind, TruncQuarter), Organisation.get().zone
    is_joined = number.kind == "activities"  # its condition joins: it filters before it counts
    first = number.model.objects.filter(
        within(period, number.at), *(conditions.values() if is_joined else ())
    )
    found: dict[str, Any] = {}
    for name, condition in conditions.items():
        rows = Q() if is_joined else condition
        found[f"all_{name}"] = Count("pk", filter=rows or None, distinct=is_joined)
        if seen is not None:
            found[f"seen_{name}"] = Count("pk", filter=rows & seen, distinct=is_joined)
    dated = first.order_by().annotate(bucket=trunc(number.at, tzinfo=zone)).values("bucket")
    for row in dated.annotate(**found):
        yield row["bucket"].date(), row

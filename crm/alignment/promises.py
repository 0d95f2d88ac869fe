"""The promises: what each side has promised for a month or quarter, set by its managers.

MQLs are promised by month, as campaigns.Commitment; a rate for a month or a quarter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from heapq import nlargest
from typing import Any

from django.db import transaction

from campaigns import commitments
from campaigns.models import Commitment
from crm.alignment.arithmetic import mean_of_all, sum_of_all
from crm.alignment.measures import MARKETING, MEASURES, MQLS, Measure
from crm.alignment.models import Promise, PromiseChange, said
from crm.audit import services as audit
from crm.reports import answers
from crm.users.models import User
from crm.users.permissions import MARKETING_MANAGERS, SALES_MANAGERS
from deals.forecast.spans import MONTH, QUARTER, Span, span_of

Key = tuple[str, str, date]
"""Of a promise: measure, month or quarter, first day."""


def may_set(user: User, side: str) -> bool:
    """True for the managers of that side."""
    return user.role in (MARKETING_MANAGERS if side == MARKETING else SALES_MANAGERS)


@dataclass(frozen=True)
class Promised:
    """What was promised. rates: as written (percent, attempts); mqls: by month"""

    rates: Mapping[Key, Decimal]
    mqls: Mapping[date, int]

    def goal(self, measure: Measure, span: Span) -> float | None:
        """Return the goal of a month or quarter in the measure's unit; None where none was set.

        A rate of a month: its own, else that of its quarter; of a quarter: its own, else the mean
        of its months. MQLs of a quarter: the sum of its months. One month short, there is none.
        """
        if measure.is_count:
            return sum_of_all([self.mqls.get(month) for month in span.months])
        written = self.own(measure.key, span)
        if written is None and span.kind == MONTH:
            written = self.own(measure.key, span_of(QUARTER, span.first))
        if written is None and span.kind == QUARTER:
            written = mean_of_all(
                [self.own(measure.key, Span(MONTH, month)) for month in span.months]
            )
        return in_unit(measure, written)

    def own(self, measure: str, span: Span) -> float | None:
        value = self.rates.get((measure, span.kind, span.first))
        return None if value is None else float(value)


def in_unit(measure: Measure, written: float | None) -> float | None:
    """Return a rate as reports take it: a percentage as a share."""
    if written is None:
        return None
    return written / 100 if measure.kind == answers.PERCENT else written


def promised(spans: Iterable[Span]) -> Promised:
    """Return the promises that the goals of `spans` are made of, in two queries."""
    spans = list(spans)
    months = {month for span in spans for month in span.months}
    days = months | {span.first for span in spans} | {span_of(QUARTER, m).first for m in months}
    rates = Promise.objects.filter(starts_on__in=days)
    rows = rates.values_list("measure", "span", "starts_on", "value")
    mqls = Commitment.objects.filter(month__in=months).values_list("month", "mqls")
    return Promised({(m, span, day): value for m, span, day, value in rows}, dict(mqls))


@transaction.atomic
def set_promises(measure: str, wanted: Mapping[Span, Any], *, by: User | None) -> int:
    """Write what is wanted of a measure in each month or quarter; None takes it back.

    wanted: MQLs of months; rates as Decimals. Return how many changed; each leaves its history.
    """
    if measure == MQLS:
        return len(commitments.commit({s.first: mqls for s, mqls in wanted.items()}, by=by))
    rows = Promise.objects.select_for_update().filter(measure=measure).order_by("pk")
    known = {(row.span, row.starts_on): row for row in rows}
    changes = []
    for span, value in wanted.items():
        row = known.get((span.kind, span.first))
        before = row.value if row else None
        if before == value:
            continue
        at: dict[str, Any] = {"measure": measure, "span": span.kind, "starts_on": span.first}
        if value is None:
            Promise.objects.filter(**at).delete()
        else:
            Promise.objects.update_or_create(**at, defaults={"value": value})
        changes.append(PromiseChange(**at, before=before, after=value, by=by))
        audit.record(by, audit.Area.TARGETS, f"{MEASURES[measure].label}, {span}",
                     before=said(before), after=said(value), url="/alignment/")  # fmt: skip
    return len(PromiseChange.objects.bulk_create(changes))


@dataclass(frozen=True)
class Change:
    """One line of the history, of either kind of promise."""

    at: datetime
    measure: Measure
    span: Span
    before: str
    after: str
    by: User | None
    note: str = ""

    @property
    def unit(self) -> str:
        return "%" if self.measure.kind == answers.PERCENT else ""


def history(limit: int = 8) -> list[Change]:
    """Return who changed which promise, the latest first."""
    rates = [
        Change(
            row.at,
            MEASURES[row.measure],
            Span(row.span, row.starts_on),
            said(row.before),
            said(row.after),
            row.by,
        )
        for row in PromiseChange.objects.select_related("by").order_by("-at", "-pk")[:limit]
    ]
    mqls = [
        Change(
            row.at,
            MEASURES[MQLS],
            Span(MONTH, row.month),
            "none" if row.before is None else str(row.before),
            "none" if row.after is None else str(row.after),
            row.by,
            row.note,
        )
        for row in commitments.history(limit)
    ]
    return nlargest(limit, [*rates, *mqls], key=lambda change: change.at)

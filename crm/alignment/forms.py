"""Setting a promise: its months and quarters, side by side."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from crm.alignment import promises
from crm.alignment.measures import Measure
from crm.reports import answers
from deals.forecast.spans import MONTH, QUARTER, Span, span_of

QUARTERS = 2
MOST_MQLS = 1_000_000


class PromiseForm(forms.Form):
    """What is promised of one measure in this quarter and the next; blank: nothing of its own."""

    def __init__(self, data: Mapping[str, Any] | None, *, measure: Measure, today: date) -> None:
        self.measure = measure
        self.spans = spans_of(measure, today)
        known = promises.promised(self.spans)
        initial = {
            span.key: known.mqls.get(span.first)
            if measure.is_count
            else known.rates.get((measure.key, span.kind, span.first))
            for span in self.spans
        }
        super().__init__(data, initial=initial)
        for span in self.spans:
            self.fields[span.key] = field_of(measure, span)

    def wanted(self) -> dict[Span, Any]:
        return {span: self.cleaned_data[span.key] for span in self.spans}


def spans_of(measure: Measure, today: date) -> list[Span]:
    """Return what may be promised now; a quarter stands before its months."""
    found: list[Span] = []
    for n in range(QUARTERS):
        quarter = span_of(QUARTER, today).shifted(n)
        found += [] if measure.is_count else [quarter]
        found += [Span(MONTH, month) for month in quarter.months]
    return found


def field_of(measure: Measure, span: Span) -> forms.Field:
    if measure.is_count:
        return forms.IntegerField(label=str(span), required=False, min_value=1, max_value=MOST_MQLS)
    unit = " (%)" if measure.kind == answers.PERCENT else ""
    return forms.DecimalField(
        label=f"{span}{unit}",
        required=False,
        min_value=Decimal("0.01"),
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )

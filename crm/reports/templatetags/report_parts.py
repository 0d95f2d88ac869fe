"""What the pages and mails of reports draw answers with: `{% load report_parts %}`."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from crm.common.formats import money_short
from crm.common.parts import FunnelStep
from crm.reports import answers, drawing, wording
from crm.reports.answers import Answer, Column, Figure, Row, Table

register = template.Library()


@register.simple_tag
def cell_words(row: Row, column: Column, currency: str) -> str:
    """Write the value that a row has in a column."""
    return wording.written(row.value(column.key), row.kind(column), currency)


@register.simple_tag
def table_rows(table: Table, answer: Answer) -> Mapping[str, SafeString]:
    """Return the drawn `rows` and the drawn `total` of a table."""
    return drawing.rows_of(table, answer.currency)


@register.simple_tag
def figure_words(figure: Figure, answer: Answer) -> str:
    """Write a figure's value; large amounts of money in short."""
    value = figure.cell.value
    if figure.kind == answers.MONEY and value is not None:
        return money_short(value, answer.currency)
    return wording.written(value, figure.kind, answer.currency)


@register.simple_tag
def value_words(value: Any, kind: str, answer: Answer) -> str:
    """Write a value that stands outside of the tables."""
    return wording.written(value, kind, answer.currency)


@register.simple_tag
def figure_change(figure: Figure) -> float | None:
    return wording.change(figure.cell, figure.kind)


@register.filter
def is_share(figure: Figure) -> bool:
    return figure.kind == answers.PERCENT


@register.filter
def is_number(column: Column) -> bool:
    return column.kind != answers.TEXT


@register.filter
def as_steps(steps: list[Mapping[str, Any]]) -> list[FunnelStep]:
    """Return the bars of a funnel from what an answer keeps of them."""
    return [FunnelStep(**step) for step in steps]

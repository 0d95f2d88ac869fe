"""What the pages and mails of reports draw answers with: `{% load report_parts %}`."""

from collections.abc import Mapping
from typing import Any

from django import template

from crm.common.formats import money_short
from crm.common.parts import FunnelStep
from crm.reports import answers, wording
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table

register = template.Library()
TOTAL = "total"
"""Key of the column that adds up the others of a row: it is not shaded."""


@register.simple_tag
def cell_words(row: Row, column: Column, currency: str) -> str:
    """Write the value that a row has in a column."""
    return wording.written(row.value(column.key), row.kind(column), currency)


@register.inclusion_tag("reports/_cell.html")
def report_cell(table: Table, row: Row, column: Column, answer: Answer) -> dict[str, Any]:
    """Draw one cell of a table: the number, a link to its rows, its change, a bar or a shade."""
    cell, is_total, kind = row.cells.get(column.key), row is table.total, row.kind(column)
    if cell is None:
        return {"blank": True, "number": kind != answers.TEXT}
    return {
        "cell": cell,
        "column": column,
        "words": wording.written(cell.value, kind, answer.currency),
        "change": wording.change(cell, kind),
        "compared": cell.before is not None,
        "points": kind == answers.PERCENT,
        "number": kind != answers.TEXT,
        "bar": column.bar and not is_total,
        "most": largest(table, column.key) if column.bar else None,
        "heat": None if is_total else heat(table, cell, column),
    }


def largest(table: Table, column: str) -> float:
    values = [row.value(column) for row in table.rows]
    return max((abs(value) for value in values if isinstance(value, int | float)), default=0)


def heat(table: Table, cell: Cell, column: Column) -> int | None:
    """Return how strongly a cell is shaded, 0 to 10: its share of the largest of the table."""
    if not table.heat or column.key == TOTAL or not isinstance(cell.value, int | float):
        return None
    alike = [one.key for one in table.columns if one.kind == column.kind and one.key != TOTAL]
    most = max((largest(table, key) for key in alike), default=0)
    return round(10 * abs(cell.value) / most) if most else 0


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

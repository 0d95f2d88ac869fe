"""The rows of an answer's tables as HTML.

Drawn here, not by a template: a report has hundreds of cells, and each would enter one.
"""

from collections.abc import Mapping
from functools import cache, partial
from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.common.templatetags.tandem import delta
from crm.common.templatetags.tandem_parts import bar
from crm.reports import answers, wording
from crm.reports.answers import Cell, Column, Row, Table

NOTE = '<span class="cell-note meta">{}</span>'
TOTAL = "total"
"""Key of the column that adds up the others of a row: it is not shaded."""


class TableBody:
    """Draws the rows of one table; what all its cells are compared with is found once."""

    def __init__(self, table: Table, currency: str) -> None:
        self.table, self.currency = table, currency
        self.most = {column.key: largest(table, column.key) for column in table.columns}
        self.words = cache(partial(wording.written, currency=currency))

    def rows(self) -> SafeString:
        head = '<th scope="row" class="main">{}</th>'
        return SafeString("\n".join(self.row(row, head) for row in self.table.rows))

    def total(self, total: Row) -> SafeString:
        return self.row(total, '<th scope="row">{}</th>')

    def row(self, row: Row, head: str) -> SafeString:
        """Draw a row; `head` is the form of its first cell."""
        cells = "".join(self.cell(row, column) for column in self.table.columns)
        tone = format_html(' class="row-{}"', row.tone) if row.tone else ""
        name = format_html(head, linked(row.label, row.url))
        return SafeString(f"<tr{tone}>{name}{cells}</tr>")

    def cell(self, row: Row, column: Column) -> SafeString:
        """Draw a number: a link to its rows, its change, a bar or a shade, a few words beside."""
        cell, is_total = row.cells.get(column.key), row is self.table.total
        kind = (cell and cell.kind) or column.kind
        looks = "num" if kind != answers.TEXT else ""
        if cell is None:
            return SafeString(f"{opened(looks)}</td>")
        if looks and not is_total:
            looks += self.shade(cell, column)
        words = self.words(cell.value, kind)
        if column.bar and not is_total:
            number = bar(cell.value, self.most[column.key], label=words, url=cell.url)
        elif cell.value is None and not cell.url:
            number = format_html('<span class="meta">{}</span>', words)
        else:
            number = linked(words, cell.url)
        beside = changed(cell, column, kind) if cell.before is not None else ""
        note = format_html(NOTE, cell.note) if cell.note else ""
        return SafeString(f"{opened(looks)}{number}{beside}{note}</td>")

    def shade(self, cell: Cell, column: Column) -> str:
        """Return the class of a cell's shade, 0 to 10: its share of the largest of the table."""
        if not self.table.heat or column.key == TOTAL or not isinstance(cell.value, int | float):
            return ""
        alike = [one.key for one in self.table.columns if one.kind == column.kind]
        most = max((self.most[key] for key in alike if key != TOTAL), default=0)
        return f" heat heat-{round(10 * abs(cell.value) / most) if most else 0}"


def largest(table: Table, column: str) -> float:
    values = [row.value(column) for row in table.rows]
    return max((abs(value) for value in values if isinstance(value, int | float)), default=0)


def opened(looks: str) -> str:
    return f'<td class="{looks}">' if looks else "<td>"


def linked(words: str, url: str) -> SafeString:
    said = escape(words)
    return SafeString(f'<a href="{escape(url)}">{said}</a>' if url else said)


def changed(cell: Cell, column: Column, kind: str) -> SafeString:
    """Draw how the number changed since the period before."""
    change = wording.change(cell, kind)
    drawn = delta(change, good=column.good or "up", points=kind == answers.PERCENT)
    return format_html('<span class="cell-delta">{}</span>', drawn)


def rows_of(table: Table, currency: str) -> Mapping[str, SafeString]:
    """Return the drawn rows and the drawn total of a table, "" without one."""
    body = TableBody(table, currency)
    total = body.total(table.total) if table.total else SafeString()
    return {"rows": body.rows(), "total": total}

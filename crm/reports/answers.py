"""What every report answers with: figures, tables and charts as plain values. Pure.

A page, a file, a mail and `manage.py report` are drawn from the same answer. Every number that
counts or adds up rows has the address of exactly these rows (crm.reports.rows).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

COUNT, MONEY, PERCENT, DAYS, MINUTES = "count", "money", "percent", "days", "minutes"
NUMBER, TIMES, TEXT, DAY = "number", "times", "text", "day"
KINDS = (COUNT, MONEY, PERCENT, DAYS, MINUTES, NUMBER, TIMES, TEXT, DAY)
"""What a value is: a whole number, minor units of the answer's currency, a share (1 is 100 %),
days, minutes, a number, a factor (2.1 is “2.1 ×”), words, a date as YYYY-MM-DD. None is n/a."""


@dataclass(frozen=True)
class Cell:
    """One number.

    url: the rows behind it; rows: how many these are, where the value itself is no count of them
    before: the same number of the period compared with
    note: a few words beside it: “of 34”, “too few (<20)”
    kind: what the value is where that differs from its column, one of KINDS
    """

    value: Any = None
    url: str = ""
    rows: int | None = None
    before: Any = None
    note: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Column:
    """kind: one of KINDS; good: up, down or "", the direction that we want of a change

    bar: drawn in each cell, as long as the value; help: what the number means, in a sentence
    no_rows: it counts no rows that could be listed: a target, a share of a deal, an estimate
    """

    key: str
    label: str
    kind: str = COUNT
    help: str = ""
    good: str = ""
    bar: bool = False
    no_rows: bool = False


@dataclass(frozen=True)
class Row:
    """One group of a table. key: its lasting name in files; url: the page of what it is about."""

    key: str
    label: str
    cells: Mapping[str, Cell]
    url: str = ""
    tone: str = ""

    def value(self, column: str) -> Any:
        cell = self.cells.get(column)
        return cell.value if cell else None

    def kind(self, column: "Column") -> str:
        """Return what the value in `column` is."""
        cell = self.cells.get(column.key)
        return (cell and cell.kind) or column.kind


@dataclass(frozen=True)
class Table:
    """head: what the rows are (“Channel”); about: how to read it; empty: said where no row is

    heat: cells are shaded by their share of the largest
    """

    key: str
    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    total: Row | None = None
    about: str = ""
    empty: str = "Nothing in this period."
    heat: bool = False

    def as_dicts(self) -> list[dict[str, Any]]:
        return [self.plain(row) for row in self.rows]

    def plain(self, row: Row) -> dict[str, Any]:
        values = {column.key: row.value(column.key) for column in self.columns}
        return {"key": row.key, "name": row.label, **values}


@dataclass(frozen=True)
class Figure:
    """One number that stands above the tables."""

    key: str
    label: str
    cell: Cell
    kind: str = COUNT
    help: str = ""
    hint: str = ""
    good: str = "up"
    no_rows: bool = False


@dataclass(frozen=True)
class Chart:
    """Numbers over time or of a distribution, as static/js/charts.js takes them.

    table: key of the table that says the same
    """

    key: str
    title: str
    data: Mapping[str, Any]
    table: str


@dataclass(frozen=True)
class Answer:
    """A report's answer. The first table is the main one: `rows` and `total` of the command.

    asked: the question in words, name to value, for people and for files
    own: what only this report's own template needs, plain values
    """

    report: str
    asked: Mapping[str, str]
    as_of: datetime
    currency: str
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    own: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as `manage.py report NAME --format json` prints it."""
        main = self.tables[0] if self.tables else None
        return {
            "report": self.report,
            **self.asked,
            "currency": self.currency,
            "as_of": self.as_of.isoformat(),
            "figures": {figure.key: figure.cell.value for figure in self.figures},
            "rows": main.as_dicts() if main else [],
            "total": main.plain(main.total) if main and main.total else None,
            "tables": {table.key: table.as_dicts() for table in self.tables[1:]},
        }

    def cells(self) -> Iterable[tuple[str, Cell, "Column | Figure"]]:
        """Yield every cell with the name of its place and the column or figure that it is of."""
        for figure in self.figures:
            yield f"{self.report}.{figure.key}", figure.cell, figure
        for table in self.tables:
            for row in [*table.rows, *([table.total] if table.total else [])]:
                for column in table.columns:
                    if cell := row.cells.get(column.key):
                        place = f"{self.report}.{table.key}.{row.key}.{column.key}"
                        yield place, cell, column

    def packed(self) -> dict[str, Any]:
        """Return the whole answer as JSON can keep it; `unpacked` is the way back."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def unpacked(kept: Mapping[str, Any]) -> Answer:
    """Return the answer that `Answer.packed` has packed."""
    return Answer(
        **{
            **kept,
            "as_of": datetime.fromisoformat(kept["as_of"]),
            "tables": tuple(table_of(table) for table in kept["tables"]),
            "figures": tuple(
                Figure(**{**figure, "cell": Cell(**figure["cell"])}) for figure in kept["figures"]
            ),
            "charts": tuple(Chart(**chart) for chart in kept["charts"]),
            "notes": tuple(kept["notes"]),
        }
    )


def table_of(kept: Mapping[str, Any]) -> Table:
    return Table(
        **{
            **kept,
            "columns": tuple(Column(**column) for column in kept["columns"]),
            "rows": tuple(row_of(row) for row in kept["rows"]),
            "total": row_of(kept["total"]) if kept["total"] else None,
        }
    )


def row_of(kept: Mapping[str, Any]) -> Row:
    cells = {name: Cell(**cell) for name, cell in kept["cells"].items()}
    return Row(**{**kept, "cells": cells})

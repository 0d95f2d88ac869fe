"""Many new rows in one INSERT, given as plain tuples.

The ORM's bulk_create spends most of an import's time compiling one expression for each cell. Here
the names come from the model, the values go as parameters, and nothing else is composed.
PostgreSQL gets one array for each column, and one value where all rows have the same: that is less
than half of what it costs to quote, send and parse each cell. SQLite knows no arrays.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
MOST_PARAMETERS = 30_000
Columns = Sequence[Sequence[Any]]


def insert(model: Any, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[int]:
    """Insert the rows and return their primary keys, in order.

    columns: attribute names (`lead_id`) in the order of the tuples; the others take the database's
    default
    """
    fields = [column(model, name) for name in columns]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) "  # noqa: S608  # nosec B608
    tail = f" RETURNING {quote(model._meta.pk.column)}"
    given = as_arrays if connection.vendor == "postgresql" else as_values
    keys: list[int] = []
    size = MOST_PARAMETERS // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), size):
            cells = list(zip(*rows[start : start + size], strict=True))
            body, parameters = given(fields, cells)
            cursor.execute(head + body + tail, parameters)
            keys += map(itemgetter(0), cursor.fetchall())
    return keys


def as_values(fields: list[Any], columns: Columns) -> tuple[str, list[Any]]:
    """Return the cells as VALUES, a parameter for each."""
    ready = [prepared(field, cells) for field, cells in zip(fields, columns, strict=True)]
    one = f"({', '.join(['%s'] * len(fields))})"
    return "VALUES " + ", ".join([one] * len(ready[0])), list(chain(*zip(*ready, strict=True)))


def as_arrays(fields: list[Any], columns: Columns) -> tuple[str, list[Any]]:
    """Return the cells as a SELECT from arrays, side by side, and from values all rows share.

    The types carry no length: a text that is too long is refused by its column, never cut.
    """
    names, shared, arrays, lists = [], [], {}, []
    for number, (field, cells) in enumerate(zip(fields, columns, strict=True)):
        kind = field.db_type(connection).partition("(")[0]
        if number and cells.count(cells[0]) == len(cells):
            names.append(f"%s::{kind}")
            shared += prepared(field, cells[:1])
        else:
            names.append(f"c{number}")
            arrays[f"c{number}"] = f"%s::{kind}[]"
            lists.append(prepared(field, cells))
    source = f"unnest({', '.join(arrays.values())}) AS given({', '.join(arrays)})"
    return f"SELECT {', '.join(names)} FROM {source}", shared + lists  # noqa: S608  # nosec B608


def insert_objects(model: Any, columns: Sequence[str], objects: Sequence[Any]) -> None:
    """Insert unsaved objects by these columns and give them their primary keys."""
    of = itemgetter(*columns)
    rows = [of(made.__dict__) for made in objects]
    for made, key in zip(objects, insert(model, columns, rows), strict=True):
        made.pk = key
        made._state.adding = False


def another(blank: M) -> M:
    """Return one more unsaved object like `blank`.

    The constructor asks each field for its default, which would be a fifth of an import's time.
    """
    made = type(blank).__new__(type(blank))
    made.__dict__ = blank.__getstate__()
    return made


def column(model: Any, name: str) -> Any:
    """Return the field behind an attribute name: `lead` for `lead_id`."""
    return next(
        field for field in model._meta.concrete_fields if name in (field.attname, field.name)
    )


def prepared(field: Any, cells: Sequence[Any]) -> list[Any]:
    """Return the cells as the database's driver takes them; moments are quickest as text."""
    prepare: Callable[[Any], Any]
    if isinstance(field, models.DateTimeField):
        is_lite = connection.vendor == "sqlite"
        prepare = connection.ops.adapt_datetimefield_value if is_lite else datetime.isoformat
    elif isinstance(field, models.JSONField):
        prepare = json.dumps
    else:
        return list(cells)
    return [None if cell is None else prepare(cell) for cell in cells]

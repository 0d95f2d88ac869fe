"""A line of history in words: keys become the names that their rows have now, values as shown."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, DateField, DateTimeField, Field, Model
from django.utils.timezone import is_naive, make_aware

from crm.audit.models import Change
from crm.common import formats
from crm.common.keys import KeyField
from crm.users.models import Organisation

Rows = dict[type[Model], dict[int, Any]]
NONE = "–"
MOST = 400
"""Characters of one value that a line shows."""


@dataclass(frozen=True)
class Fact:
    """One field before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """What a page shows of one change. record: the words for it; url: "" for one that has none."""

    change: Change
    kind: str
    record: str
    url: str
    facts: list[Fact]

    @property
    def who(self) -> str:
        return str(self.change.actor or "Tandem")

    @property
    def door(self) -> str:
        return str(self.change.get_door_display())


def lines_of(changes: Iterable[Change], *known: Model) -> list[Line]:
    """Return changes in words; one query for each kind of row that they name.

    known: rows that are at hand
    """
    told = [change for change in changes if is_known(change)]
    rows = read_rows(told, known)
    return [line_of(change, rows) for change in told]


def is_known(change: Change) -> bool:
    """False for a model that Tandem does not have any more."""
    try:
        return bool(change.record_model)
    except LookupError:
        return False


def line_of(change: Change, rows: Rows) -> Line:
    model = change.record_model
    record = rows[model].get(change.object_id)
    address = getattr(record, "get_absolute_url", None)
    return Line(
        change=change,
        kind=str(model._meta.verbose_name).capitalize(),
        record=str(record) if record is not None else f"No. {change.object_id} (deleted)",
        url=address() if address else "",
        facts=[fact for fact in facts_of(change, record, rows) if fact.before != fact.after],
    )


def facts_of(change: Change, record: Any, rows: Rows) -> Iterable[Fact]:
    for column, before, after in values_of(change):
        field = field_of(change.record_model, column)
        if isinstance(field, KeyField):
            continue
        label = label_of(field) if field else column
        was, became = (said(field, value, record, rows) for value in (before, after))
        yield Fact(label, was, became)


def label_of(field: Field) -> str:
    """Return what people call a field: an amount is kept in minor units, and shown as money."""
    words = str(field.verbose_name)
    return words.removesuffix(" minor").capitalize()


def values_of(change: Change) -> list[tuple[str, Any, Any]]:
    """Return (column, before, after) of a change, as stored."""
    if change.field:
        return [(change.field, change.before, change.after)]
    before, after = (json.loads(value) if value else {} for value in (change.before, change.after))
    return [(name, before.get(name), after.get(name)) for name in {**before, **after}]


def field_of(model: type[Model], column: str) -> Field | None:
    """Return the field of a column; None for one that the model does not have any more."""
    for field in model._meta.concrete_fields:
        if field.column == column:
            return field
    return None


def read_rows(changes: list[Change], known: Iterable[Model] = ()) -> Rows:
    """Read the records that the changes are about, and the rows that their values name."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    for change in changes:
        wanted[change.record_model].add(change.object_id)
        for column, *values in values_of(change):
            field = field_of(change.record_model, column)
            if field is not None and field.related_model:
                related: Any = field.related_model
                wanted[related] |= {int(value) for value in values if str(value or "").isdigit()}
    found: Rows = defaultdict(dict)
    for row in known:
        found[type(row)][int(row.pk)] = row
    for model, keys in wanted.items():
        if missing := keys - found[model].keys():
            found[model] |= model._base_manager.in_bulk(list(missing))
    return found


def said(field: Field | None, value: Any, record: Any, rows: Rows) -> str:
    """Write one stored value for people."""
    if value in (None, "", "[]", "{}", [], {}):
        return NONE
    if field is None:
        return short(value)
    if field.related_model:
        related: Any = field.related_model
        named = rows.get(related, {}).get(int(value))
        return str(named) if named is not None else f"No. {value} (deleted)"
    if isinstance(field, BooleanField):
        return "yes" if str(value).lower() in ("1", "true") else "no"
    if str(field.column).endswith("_minor"):
        currency = getattr(record, "currency", "") or Organisation.get().currency
        return str(formats.money(int(value), currency))
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, DateField):
        return when(field, value)
    return short(value)


def when(field: DateField, value: Any) -> str:
    try:
        moment = field.to_python(value)
    except (ValidationError, FieldDoesNotExist):
        return short(value)
    if isinstance(field, DateTimeField) and isinstance(moment, datetime):
        known = make_aware(moment, UTC) if is_naive(moment) else moment  # SQLite keeps no zone
        return str(formats.moment(known))
    return str(formats.day(moment)) if isinstance(moment, date) else short(value)


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST else f"{text[:MOST]}…"

"""Paging by key: any page of a long list costs what the first one costs. Never OFFSET.

A page begins after (or ends before) a row, named by its sort value and its primary key. The
condition `value <= v AND (value < v OR pk < k)` lets an index on (value, pk) start right there.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import F, Model, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import Cast
from django.http import QueryDict

from crm.common import parameters

Row = TypeVar("Row", bound=Model)
COUNT_LIMIT = 10_000
AFTER, BEFORE = "after", "before"


@dataclass(frozen=True)
class Order:
    """One way to sort a list: by `by`, then by primary key, both in the same direction.

    by: column or expression, never NULL; `type` is that of its values in Python
    """

    by: str | Combinable
    type: type = str
    descending: bool = False

    @property
    def expression(self) -> Combinable:
        return F(self.by) if isinstance(self.by, str) else self.by

    @property
    def is_text(self) -> bool:
        """SQLite keeps moments as texts of several lengths: a mark has to hold the very text."""
        return self.type is datetime and connection.vendor == "sqlite"

    def keyed(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Add to the rows what they are sorted by, and what their marks hold."""
        mark = Cast(self.expression, TextField()) if self.is_text else F("order_key")
        keyed: QuerySet[Any] = rows.annotate(order_key=self.expression).annotate(mark_key=mark)
        return keyed

    def beyond(self, mark: tuple[Any, int], *, back: bool) -> Q:
        """Return the condition on rows that come after `mark`, or before it."""
        value, pk = mark
        value = Value(value, TextField()) if self.is_text else value
        if self.descending != back:
            return Q(order_key__lte=value) & (Q(order_key__lt=value) | Q(pk__lt=pk))
        return Q(order_key__gte=value) & (Q(order_key__gt=value) | Q(pk__gt=pk))

    def turned(self, *, back: bool) -> list[OrderBy]:
        down = self.descending != back
        return [OrderBy(F("order_key"), descending=down), OrderBy(F("pk"), descending=down)]


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """Some rows of a list, and the marks of its neighbours; "" where there is none."""

    rows: list[Row]
    after: str
    before: str

    def __len__(self) -> int:
        return len(self.rows)

    def older(self, query: QueryDict, path: str) -> str:
        return address(query, path, AFTER, self.after)

    def newer(self, query: QueryDict, path: str) -> str:
        return address(query, path, BEFORE, self.before)


def page(
    rows: QuerySet[Row],
    order: Order,
    asked: Mapping[str, str],
    *,
    size: int = 50,
    narrow: bool = False,
) -> KeysetPage[Row]:
    """Return the page of `rows` that `asked` (the query's after or before) wants, else the first.

    narrow: no index has the order: let the database sort keys, and read whole rows for the page
    A damaged mark is as good as none.
    """
    back = bool(asked.get(BEFORE))
    mark = read(asked.get(BEFORE) or asked.get(AFTER) or "", order)
    keyed = order.keyed(rows)
    if mark is not None:
        keyed = keyed.filter(order.beyond(mark, back=back))
    back = back and mark is not None
    turned = order.turned(back=back)
    if narrow:
        keys = keyed.select_related(None).order_by(*turned).values("pk")[: size + 1]
        keyed = order.keyed(rows).filter(pk__in=keys)
    found: list[Row] = list(keyed.order_by(*turned)[: size + 1])
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
        return KeysetPage(found, ends(found, -1), ends(found, 0) if more else "")
    return KeysetPage(found, ends(found, -1) if more else "", ends(found, 0) if mark else "")


def neighbours(rows: QuerySet[Row], order: Order, row: Row) -> tuple[Row | None, Row | None]:
    """Return the rows before and after `row` in the order of the list, None at its ends."""
    mark = mark_in(order, row)
    before, after = (
        order.keyed(rows)
        .filter(order.beyond(mark, back=back))
        .order_by(*order.turned(back=back))
        .first()
        for back in (True, False)
    )
    return before, after


def mark_in(order: Order, row: Row) -> tuple[Any, int]:
    here = order.keyed(type(row)._default_manager.filter(pk=row.pk))
    return here.values_list("mark_key", flat=True)[0], row.pk


def place_words(rows: QuerySet[Row], order: Order, row: Row, count: int) -> str:
    """Return which of the `count` rows this is, “3 of 124”; of a very long list only its length.

    count: from `capped_count`
    """
    if count > COUNT_LIMIT:
        return f"of {count_words(count)}"
    before = order.keyed(rows).filter(order.beyond(mark_in(order, row), back=True))
    return f"{before.order_by().count() + 1:,} of {count:,}"


def ends(rows: list[Row], index: int) -> str:
    """Return the mark of the first or last row, "" if there is none."""
    return mark_of(rows[index]) if rows else ""


def mark_of(row: Model) -> str:
    value = row.mark_key  # type: ignore[attr-defined]
    plain = value.isoformat() if isinstance(value, datetime) else value
    word = json.dumps([plain, row.pk], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(word.encode()).decode().rstrip("=")


def read(mark: str, order: Order) -> tuple[Any, int] | None:
    """Return the sort value and key that a mark stands for; None for a damaged one."""
    try:
        word = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
        value, pk = json.loads(word)
        if order.type is datetime and not order.is_text:
            value = parameters.moment(value)
        return (
            (value, pk)
            if fits(value, str if order.is_text else order.type) and fits(pk, int)
            else None
        )
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None


def fits(value: object, type: type) -> bool:
    """Say whether the database can compare `value` with a column of `type`."""
    if isinstance(value, int) and abs(value) >= 2**62:
        return False
    return isinstance(value, type) and "\x00" not in str(value)


def address(query: QueryDict, path: str, param: str, mark: str) -> str:
    """Return the present address with the mark in place of any other; "" without a mark."""
    if not mark:
        return ""
    query = query.copy()
    for name in (AFTER, BEFORE):
        query.pop(name, None)
    query[param] = mark
    return f"{path}?{query.urlencode()}"


def capped_count(rows: QuerySet[Any]) -> int:
    """Count `rows`, but stop at 10,001: more is “10,000+”."""
    return rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()


def count_words(count: int) -> str:
    return f"{COUNT_LIMIT:,}+" if count > COUNT_LIMIT else f"{count:,}"

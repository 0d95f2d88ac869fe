"""Median and 90th percentile of what rows took, for each group and together, found by the database.

The median of an even number of rows is the mean of the two in the middle; the 90th percentile is
the least that nine of ten rows do not exceed (nearest rank). Pure but for the one query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Window
from django.db.models.functions import RowNumber

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Spread:
    """rows: how many were measured; median, p90: None without any"""

    rows: int = 0
    median: Any = None
    p90: Any = None

    def in_units(self, unit: timedelta) -> tuple[float | None, float | None]:
        """Return median and 90th percentile of a duration as numbers of `unit`."""
        return (
            None if self.median is None else self.median / unit,
            None if self.p90 is None else self.p90 / unit,
        )


NOTHING = Spread()


@dataclass(frozen=True)
class Spreads:
    """groups: by the value of each group; all: of all rows together"""

    groups: Mapping[Any, Spread] = field(default_factory=dict)
    all: Spread = NOTHING

    def of(self, group: Any) -> Spread:
        return self.groups.get(group, NOTHING)


def between(start: str, end: str) -> ExpressionWrapper:
    """Return the time from one moment of a row to another."""
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def spreads(rows: Any, took: Any, *, group: str = "group") -> Spreads:
    """Return how `took` is spread, for each value of the column `group` and together: one query.

    took: an expression with an order; rows for which it is NULL are left out
    Only the few rows in the middle and at nine tenths leave the database.
    """
    order = [F("took"), F("pk")]
    ranked = (
        rows.order_by()
        .annotate(took=took)
        .exclude(took=None)
        .annotate(
            place=Window(RowNumber(), partition_by=[F(group)], order_by=order),
            many=Window(Count("pk"), partition_by=[F(group)]),
            place_of_all=Window(RowNumber(), order_by=order),
            many_of_all=Window(Count("pk")),
        )
    )
    here, there = wanted("place", "many"), wanted("place_of_all", "many_of_all")
    picked = ranked.annotate(ten=F("place") * 10, ten_of_all=F("place_of_all") * 10)
    columns = (group, "took", "place", "many", "place_of_all", "many_of_all")
    groups: dict[Any, tuple[int, dict[int, Any]]] = {}
    everything: tuple[int, dict[int, Any]] = (0, {})
    for value, span, *places in picked.filter(here | there).values_list(*columns):
        place, many, place_of_all, many_of_all = places
        groups.setdefault(value, (many, {}))[1][place] = span
        everything = (many_of_all, {**everything[1], place_of_all: span})
    found = {value: spread_of(*places) for value, places in groups.items()}
    return Spreads(found, spread_of(*everything))


def wanted(place: str, many: str) -> Q:
    """Return the condition that a row is in the middle of its kind, or at nine tenths."""
    tenfold = {"place": "ten", "place_of_all": "ten_of_all"}[place]
    middle = Q(**{f"{place}__gte": F(many) / 2.0, f"{place}__lte": F(many) / 2.0 + 1})
    tail = Q(**{f"{tenfold}__gte": F(many) * 9, f"{tenfold}__lt": F(many) * 9 + 10})
    return middle | tail


def spread_of(many: int, places: Mapping[int, Any]) -> Spread:
    """Return the spread of `many` rows from what stands at the places that matter."""
    if not many:
        return NOTHING
    lower, upper, rank = (many + 1) // 2, many // 2 + 1, -(-9 * many // 10)
    return Spread(many, (places[lower] + places[upper]) / 2, places[rank])

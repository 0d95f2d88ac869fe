"""The board: a column for each stage of a pipeline, 25 cards at a time, sums in SQL.

However many deals there are, the database walks each column only as far as the cards shown:
one statement finds the ids of all columns, one brings their cards, one counts and sums.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Count, JSONField, OuterRef, Subquery, Sum

from crm.common import keyset
from crm.common.keyset import Order
from deals.cards import Card, card, clock
from deals.models import Deal, DealQuerySet, Pipeline, PipelineStage
from deals.status import BUCKETS, Clock, bucket_of

CARDS = 25
SHOWN = (
    "name", "lead__name", "lead__email", "lead__external_id", "company__name", "owner__name",
    "stage__rotting_days", "stage_since", "amount_minor", "currency", "close_on",
    "status", "last_activity_at", "snoozed_until", "version",
)  # fmt: skip
"""The columns of a card: hundreds of deals with all of theirs take a tenth of the page's time."""
NEWEST = Order("stage_since", datetime, descending=True)
"""The order within a bucket: who came into the stage last, first."""


class BadCursor(ValueError):
    """The text names no place of a column."""


@dataclass(frozen=True)
class Amount:
    """A sum in one currency, and what it is worth by the stage's probability."""

    currency: str
    minor: int
    weighted: int


@dataclass
class Column:
    """One stage: how many deals, what they are worth, and the cards shown.

    amounts: one for each currency, the organisation's own first; never added up across
    more: where to go on, empty if all are shown
    """

    stage: PipelineStage
    count: int = 0
    amounts: list[Amount] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    more: str = ""


def board(
    pipeline: Pipeline, deals: DealQuerySet, *, currency: str, stages: Sequence[PipelineStage] = ()
) -> list[Column]:
    """Return the columns of `pipeline` for those of `deals` that are open in it.

    deals: visible to the reader, and filtered
    currency: the organisation's, to be named first
    """
    at = clock()
    columns = heads(pipeline, deals, currency=currency, stages=stages)
    ids = first_ids(columns, deals.open(), at)
    cards = cards_of((pk for found in ids.values() for pk in found[:CARDS]), at)
    for column in columns:
        found = ids[column.stage.pk]
        column.cards = [cards[pk] for pk in found[:CARDS] if pk in cards]
        column.more = cursor(column.cards, at) if len(found) > CARDS else ""
    return columns


def heads(
    pipeline: Pipeline, deals: DealQuerySet, *, currency: str, stages: Sequence[PipelineStage] = ()
) -> list[Column]:
    """Return the columns without cards: stages, counts and sums."""
    columns = {stage.pk: Column(stage) for stage in stages or pipeline.stages.all()}
    sums = (
        deals.open()
        .filter(stage__in=columns)
        .order_by()
        .values_list("stage", "currency")
        .annotate(Count("pk"), Sum("amount_minor"))
    )
    for stage, code, count, minor in sums:
        column = columns[stage]
        column.count += count
        weighted = round(minor * column.stage.probability / 100)
        column.amounts.append(Amount(code, minor, weighted))
    for column in columns.values():
        column.amounts.sort(key=lambda a: (a.currency != currency, a.currency))
    return list(columns.values())


def totals(columns: Iterable[Column]) -> list[Amount]:
    """Return the sums of a whole board, one for each currency in the order of the columns' own.

    Each is the sum of what the columns say, so that the board adds up before the reader's eyes.
    """
    found: dict[str, Amount] = {}
    for amount in (amount for column in columns for amount in column.amounts):
        so_far = found.get(amount.currency, Amount(amount.currency, 0, 0))
        minor, weighted = so_far.minor + amount.minor, so_far.weighted + amount.weighted
        found[amount.currency] = Amount(amount.currency, minor, weighted)
    return list(found.values())


def first_ids(columns: Iterable[Column], deals: DealQuerySet, at: Clock) -> dict[int, list[int]]:
    """Return, for each column's stage, the ids of the first cards and one more, in order."""
    stages = [column.stage.pk for column in columns]
    found = PipelineStage.objects.filter(pk__in=stages).order_by()
    rows = found.values_list(
        "pk",
        *(
            ids_of(deals.filter(stage=OuterRef("pk")).in_bucket(bucket, at), CARDS + 1)
            for bucket in BUCKETS
        ),
    )
    return {pk: [i for bucket in buckets for i in as_list(bucket)] for pk, *buckets in rows}


def more_cards(stage: PipelineStage, deals: DealQuerySet, after: str) -> tuple[list[Card], str]:
    """Return the cards of a stage behind the cursor `after`, and the next cursor or "".

    Raises BadCursor for a cursor that is none.
    """
    at = clock()
    bucket, mark = parse_cursor(after)
    here = deals.open().filter(stage=stage)
    ids: list[int] = []
    for name in BUCKETS[BUCKETS.index(bucket) :]:
        rows = NEWEST.keyed(here.in_bucket(name, at)).order_by(*NEWEST.turned(back=False))
        if name == bucket:
            rows = rows.filter(NEWEST.beyond(mark, back=False))
        ids += rows.values_list("pk", flat=True)[: CARDS + 1 - len(ids)]
        if len(ids) > CARDS:
            break
    cards = cards_of(ids[:CARDS], at)
    shown = [cards[pk] for pk in ids[:CARDS] if pk in cards]
    return shown, cursor(shown, at) if len(ids) > CARDS else ""


def cursor(shown: Sequence[Card], at: Clock) -> str:
    """Name the place of the last card shown: its bucket, and its mark within."""
    if not shown:
        return ""
    deal = shown[-1].deal
    return f"{bucket_of(getattr(deal, 'next_due', None), at)}~{keyset.mark_of(deal)}"


def parse_cursor(text: str) -> tuple[str, tuple[Any, int]]:
    """Return the bucket and the mark of a cursor. Raises BadCursor for a text that is none."""
    bucket, _separator, mark = text.partition("~")
    place = keyset.read(mark, NEWEST)
    if bucket not in BUCKETS or place is None:
        raise BadCursor(text)
    return bucket, place


def cards_of(ids: Iterable[int], at: Clock) -> dict[int, Card]:
    """Return the cards of these deals by id."""
    shown = Deal.objects.for_cards().filter(pk__in=list(ids)).only(*SHOWN)
    deals = NEWEST.keyed(shown)
    return {deal.pk: card(deal, at) for deal in deals}


class JsonIds(Subquery):
    """The ids of a subquery as one JSON array, for SQLite, in the subquery's order."""

    template = "(SELECT json_group_array(ids.id) FROM (%(subquery)s) AS ids)"
    output_field = JSONField()


def ids_of(deals: DealQuerySet, limit: int) -> Subquery:
    """Return the ids of the newest of `deals` as one value of the row around it."""
    ids = deals.order_by("-stage_since", "-pk").values("id")[:limit]
    return ArraySubquery(ids) if connection.vendor == "postgresql" else JsonIds(ids)


def as_list(value: Any) -> list[int]:
    return list(value or [])

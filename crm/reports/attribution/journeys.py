"""The journeys of deals, read in a few statements for thousands of them at once."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.timezone import now

from campaigns.models import Touch
from crm.funnel.models import StageEntry
from crm.reports.attribution.shares import Journey
from crm.stages import Stage

CHUNK = 2000
"""Deals whose touches are read with one statement."""


class Point(NamedTuple):
    """What a part of a deal is owed to: a touch, or where a lead without any came from.

    channel, campaign: keys, None where unknown; kind: of the touch, "" for the origin
    """

    at: datetime
    channel: int | None
    campaign: int | None
    kind: str = ""


@dataclass(frozen=True)
class Owed:
    """One deal with the points that led to it; none: it is unattributed."""

    pk: int
    amount: int
    currency: str
    points: Sequence[Point]
    journey: Journey | None


def owed(deals: Any) -> Iterator[Owed]:
    """Yield the deals with their journeys, in no order. A chunk of them costs three statements.

    A touch without a channel has its campaign's. A lead that never touched anything has one point:
    the channel and campaign that brought it in, at the moment when it came.
    """
    rows = deals.order_by("pk").values_list(
        "pk", "lead", "amount_minor", "currency", "closed_at", "created_at",
        "lead__channel", "lead__campaign", "lead__created_at",
    )  # fmt: skip
    last = 0
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield from of_chunk(chunk)
        last = chunk[-1][0]


def of_chunk(chunk: list[tuple[Any, ...]]) -> Iterator[Owed]:
    leads = {row[1] for row in chunk}
    touches, entries, present = touches_of(leads), entries_of(leads), now()
    for pk, lead, amount, currency, closed_at, created_at, channel, campaign, came_at in chunk:
        ends = closed_at or present
        points = [point for point in touches.get(lead, ()) if point.at <= ends]
        came = entries.get((lead, Stage.LEAD), came_at)
        if not points and (channel or campaign):
            points = [Point(min(came, ends), channel, campaign)]
        journey = Journey(
            [point.at for point in points],
            ends,
            entries.get((lead, Stage.MQL)),
            created_at if created_at <= ends else None,
        )
        yield Owed(pk, amount, currency, points, journey if points else None)


def touches_of(leads: set[int]) -> dict[int, list[Point]]:
    rows = Touch.objects.filter(lead__in=leads).order_by("at", "pk")
    found: dict[int, list[Point]] = defaultdict(list)
    for lead, at, channel, campaign, through, kind in rows.values_list(
        "lead", "at", "channel", "campaign", "campaign__channel", "kind"
    ):
        found[lead].append(Point(at, channel or through, campaign, kind))
    return found


def entries_of(leads: set[int]) -> dict[tuple[int, str], datetime]:
    rows = StageEntry.objects.filter(lead__in=leads, stage__in=[Stage.LEAD, Stage.MQL])
    return {(lead, stage): at for lead, stage, at in rows.values_list("lead", "stage", "at")}

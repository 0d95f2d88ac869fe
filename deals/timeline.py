"""What happened with one deal: its own activities, done follow-ups and steps, latest first."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F, QuerySet

from crm.activities.models import Activity, FollowUp
from crm.activities.sources import activity_item, latest
from crm.activities.timeline import Cursor, Item, Page, merged
from deals.models import Deal, DealMove
from deals.reactions import item


def read_page(deal: Deal, cursor: Cursor | None = None) -> Page:
    """Return one page of the deal's own timeline; three queries."""
    return merged([partial(f, deal) for f in (activities, completed, steps)], cursor=cursor)


def activities(deal: Deal, before: datetime | None, limit: int) -> list[Item]:
    rows: Iterable[Activity] = newest(Activity.objects.filter(deal=deal), "by", before, limit)
    return [activity_item(row) for row in rows]


def completed(deal: Deal, before: datetime | None, limit: int) -> list[Item]:
    done = FollowUp.objects.filter(deal=deal, done_at__isnull=False, closed_with_deal=False)
    return [
        Item(
            row.done_at, f"follow-up-{row.pk}", f"Done: {row.title}", "check", str(row.owner or "")
        )
        for row in newest(done, "owner", before, limit, "done_at")
    ]


def steps(deal: Deal, before: datetime | None, limit: int) -> list[Item]:
    """Its moves and close; edits are told in its history."""
    moves = DealMove.objects.filter(deal=deal).exclude(old=F("new")).select_related("deal")
    return [item(move, own=True) for move in newest(moves, "actor", before, limit)]


def newest(
    rows: QuerySet[Any], who: str, before: datetime | None, limit: int, at: str = "at"
) -> Any:
    return latest(rows.select_related(who), before, limit, at)

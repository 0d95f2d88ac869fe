"""Touches: a lead's responses to marketing, written once and never changed.

Only the undo of an import takes some back.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import now

from campaigns.models import Campaign, Touch
from campaigns.services.scores import SCORE_LEAD
from crm.outbox import services as outbox
from crm.users.models import User
from leads.models import Channel, Lead

CLOCKS_DIFFER = timedelta(minutes=5)
BATCH = 500


class TouchInFuture(ValueError):
    """The touch is dated later than any clock could be wrong by."""


@dataclass(frozen=True)
class NewTouch:
    """One touch to be recorded; `key` says which it is, so that a replay changes nothing."""

    lead_id: int
    kind: str
    at: datetime
    key: str
    campaign_id: int | None = None
    channel_id: int | None = None
    detail: str = ""


def check_time(at: datetime) -> None:
    """Raise TouchInFuture if `at` lies ahead of us."""
    if at > now() + CLOCKS_DIFFER:
        raise TouchInFuture("A touch cannot lie in the future.")


@transaction.atomic
def record_touch(
    lead: Lead,
    kind: str,
    at: datetime,
    key: str,
    *,
    campaign: Campaign | None = None,
    channel: Channel | None = None,
    detail: str = "",
    actor: User | None = None,
) -> tuple[Touch, bool]:
    """Append one response of `lead`; return it and whether it was new.

    key: unique among all touches; a second call with the same key changes nothing
    channel: None takes the campaign's

    The first touch with a campaign or channel gives the lead its own where that is blank.
    Raises TouchInFuture for a time more than five minutes ahead.
    """
    check_time(at)
    channel = channel or (campaign.channel if campaign else None)
    touch, created = Touch.objects.get_or_create(
        key=key,
        defaults={
            "lead": lead,
            "kind": Touch.Kind(kind),
            "at": at,
            "campaign": campaign,
            "channel": channel,
            "detail": detail[:250],
            "recorded_by": actor,
        },
    )
    if created:
        note_on_leads([lead.pk])
        outbox.enqueue(SCORE_LEAD, f"score:touch:{touch.pk}", {"lead": lead.pk})
    return touch, created


@transaction.atomic
def record_touches(touches: Iterable[NewTouch], *, actor: User | None = None) -> int:
    """Append many responses; return how many were new. Each lead is scored once.

    Raises TouchInFuture if one of them is; then none is recorded.
    """
    asked = {touch.key: touch for touch in touches}
    for touch in asked.values():
        check_time(touch.at)
    known = set(Touch.objects.filter(key__in=asked).values_list("key", flat=True))
    new = [touch for key, touch in asked.items() if key not in known]
    if not new:
        return 0
    channels = dict(Campaign.objects.values_list("pk", "channel"))
    Touch.objects.bulk_create(
        [as_row(touch, channels, actor) for touch in new], ignore_conflicts=True, batch_size=BATCH
    )
    note_on_leads({touch.lead_id for touch in new})
    ask_for_scores(new)
    return len(new)


@transaction.atomic
def take_back(ids: Collection[int]) -> None:
    """Delete touches that were recorded by mistake; their leads are scored anew without them."""
    touches = Touch.objects.filter(pk__in=ids)
    leads = sorted(set(touches.values_list("lead", flat=True)))
    touches.delete()
    newest = Touch.objects.filter(lead=OuterRef("pk")).order_by("-at").values("at")[:1]
    Lead.objects.filter(pk__in=leads).update(last_touch_at=Subquery(newest))
    turn = max(ids, default=0)
    outbox.enqueue_many(
        SCORE_LEAD, [(f"score:taken-back:{turn}:{lead}", {"lead": lead}) for lead in leads]
    )


def as_row(touch: NewTouch, channels: Mapping[int, int | None], actor: User | None) -> Touch:
    channel_id = touch.channel_id
    if channel_id is None and touch.campaign_id is not None:
        channel_id = channels.get(touch.campaign_id)
    return Touch(
        lead_id=touch.lead_id,
        kind=Touch.Kind(touch.kind),
        at=touch.at,
        key=touch.key,
        campaign_id=touch.campaign_id,
        channel_id=channel_id,
        detail=touch.detail[:250],
        recorded_by=actor,
    )


def ask_for_scores(touches: list[NewTouch]) -> None:
    """Ask that each lead is scored, once for all its new touches."""
    last = dict(
        Touch.objects.filter(key__in=[touch.key for touch in touches])
        .order_by()
        .values_list("lead")
        .annotate(last=Max("pk"))
    )
    wishes: list[tuple[str, dict[str, Any]]] = [
        (f"score:touch:{touch}", {"lead": lead}) for lead, touch in sorted(last.items())
    ]
    outbox.enqueue_many(SCORE_LEAD, wishes)


def note_on_leads(lead_ids: Iterable[int]) -> None:
    """Write what the leads' own rows say of their touches: the last one, and where they came from.

    Campaign and channel are taken from the first touch that has one, where the lead has none.
    """
    leads = Lead.objects.filter(pk__in=list(lead_ids))
    mine = Touch.objects.filter(lead=OuterRef("pk"))
    newest = Subquery(mine.order_by("-at").values("at")[:1])
    leads.annotate(newest=newest).filter(
        Q(last_touch_at=None) | Q(last_touch_at__lt=F("newest"))
    ).update(last_touch_at=newest)
    fill(leads, "campaign", mine)
    fill(leads, "channel", mine)


def fill(leads: QuerySet[Lead], field: str, touches: QuerySet[Touch]) -> None:
    """Give leads without a campaign (or channel) that of their first touch that has one."""
    first = touches.exclude(**{field: None}).order_by("at", "pk").values(field)[:1]
    blank = leads.filter(**{field: None}, touches__isnull=False)
    blank.filter(**{f"touches__{field}__isnull": False}).update(**{f"{field}_id": Subquery(first)})

"""What deals do when something happens below them, and what they tell the timeline of a lead."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import F

from crm.activities.correcting import ACTIVITY_CHANGED
from crm.activities.models import Activity
from crm.activities.services import ACTIVITY_LOGGED
from crm.activities.timeline import Item
from deals import services
from deals.models import DealMove
from leads.models import Lead

TEAM_CHANGED = "users.team_changed:deals"
"""Payload {"user": pk}: one of the effects that crm.people asks for."""

LOOKS = {"Won": ("trophy", "won"), "Lost": ("thumb-down", "quiet")}


def register(take: Callable[[str, Callable[[dict[str, Any]], None]], None]) -> None:
    """Take the effects that concern deals."""
    take(TEAM_CHANGED, follow_team)
    take(ACTIVITY_LOGGED, note_activity)
    take(ACTIVITY_CHANGED, note_change)


def follow_team(payload: dict[str, Any]) -> None:
    services.follow_owner_team(payload["user"])


def note_change(payload: dict[str, Any]) -> None:
    services.note_change_of_activity(payload["lead"], payload["deal"])


def note_activity(payload: dict[str, Any]) -> None:
    activity = Activity.objects.filter(pk=payload["activity"]).first()
    if activity is not None:
        services.note_activity(activity)


def moves_of_lead(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return the moves of all deals with a lead, latest first; edits are not among them."""
    rows = DealMove.objects.filter(deal__lead=lead).exclude(old=F("new"))
    until = rows.filter(at__lte=before) if before else rows
    return [item(move) for move in until.select_related("deal", "actor")[:limit]]


def item(move: DealMove, *, own: bool = False) -> Item:
    """Return a move as an event. own: in the deal's own timeline, where it need not be named."""
    icon, tone = LOOKS.get(move.new, ("briefcase", "sales"))
    did = move.new.lower() if move.new in LOOKS else f"moved to {move.new}"
    what = did if move.old else f"opened in {move.new}"
    return Item(
        at=move.at,
        key=f"deal-move-{move.pk}",
        title=what[:1].upper() + what[1:] if own else f"Deal “{move.deal}” {what}",
        icon=icon,
        who=str(move.actor or ""),
        tone=tone,
        text=move.note if move.old else "",
        url="" if own else move.deal.get_absolute_url(),
    )

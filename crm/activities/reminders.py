"""Reminding somebody of a follow-up, exactly once, so many minutes before it begins.

The reminder is an effect that waits in the outbox until it is due. What was moved or done meanwhile
is not what the effect was asked for, and nobody is told.
"""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.timezone import now

from crm.activities.models import FollowUp
from crm.common import formats
from crm.notifications import services as notifications
from crm.notifications.models import Notification
from crm.outbox import services as outbox

REMIND = "activities.remind"
"""Payload {"follow_up": pk, "at": seconds since 1970}: when it was to be told."""


def moment_of(follow_up: FollowUp) -> datetime | None:
    """Return when the owner is to be reminded; None if never."""
    if follow_up.remind_minutes is None:
        return None
    return follow_up.begins_at - timedelta(minutes=follow_up.remind_minutes)


def ask(follow_up: FollowUp) -> None:
    """Ask for the reminder of a follow-up that was planned or moved, unless it has begun."""
    at = moment_of(follow_up)
    if at is None or follow_up.begins_at <= now():
        return
    stamp = int(at.timestamp())
    payload = {"follow_up": follow_up.pk, "at": stamp}
    outbox.enqueue(REMIND, f"{REMIND}:{follow_up.pk}:{stamp}", payload, due_at=at)


def remind(payload: dict[str, Any]) -> None:
    """Tell the owner, unless the follow-up is done, gone or moved."""
    rows = FollowUp.objects.open().select_related("lead", "owner")
    follow_up = rows.filter(pk=payload["follow_up"]).first()
    if follow_up is None or follow_up.owner is None:
        return
    at = moment_of(follow_up)
    if at is None or int(at.timestamp()) != payload["at"]:
        return
    with timezone.override(follow_up.zone):
        when = "today" if follow_up.day else formats.moment(follow_up.due_at, zone=True)
    notifications.notify(
        follow_up.owner,
        key=f"follow-up:{follow_up.pk}:remind:{payload['at']}",
        title=follow_up.title,
        body=f"{follow_up.lead}, {when}" + (f", {follow_up.place}" if follow_up.place else ""),
        url=(follow_up.deal or follow_up.lead).get_absolute_url(),
        kind=Notification.Kind.ACTION,
    )

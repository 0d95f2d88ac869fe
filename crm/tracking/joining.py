"""When a visitor says who he is: his sessions become the lead's, and count for its score."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from campaigns.capture.links import campaigns_by_utm
from campaigns.capture.models import Submission
from campaigns.models import Touch
from campaigns.services.touches import NewTouch, record_touches
from campaigns.website import TOUCH_KEY
from crm.activities.timeline import Item
from crm.tracking.models import Session, Visitor
from crm.users.models import Organisation
from leads.models import Lead

MOST_PATHS = 4


def handle_submitted(payload: dict[str, Any]) -> None:
    """Join a submission's visitor to its lead. Payload {"submission": pk}. Safe to run twice."""
    submission = Submission.objects.filter(pk=payload["submission"]).first()
    if submission is not None and submission.visitor and submission.lead_id:
        join(submission)


@transaction.atomic
def join(submission: Submission) -> None:
    """Give the visitor and its sessions that are nobody's yet to the submission's lead.

    A visitor of whom nothing is counted yet is noted: his views join when they are.
    """
    assert submission.visitor
    Visitor.objects.bulk_create(
        [Visitor(key=submission.visitor, first_at=submission.at, last_at=submission.at)],
        ignore_conflicts=True,
    )
    visitor = Visitor.objects.select_for_update().get(key=submission.visitor)
    Visitor.objects.filter(pk=visitor.pk).update(lead=submission.lead_id)
    nobodys = Session.objects.filter(visitor=visitor, lead=None)
    joined = list(nobodys.order_by("started_at")[:1000])
    nobodys.update(lead=submission.lead_id)
    for session in joined:
        session.lead_id = submission.lead_id
    note_visits(joined)
    keep_first_and_last(submission, visitor)


def keep_first_and_last(submission: Submission, visitor: Visitor) -> None:
    """Write into the submission which UTM values brought its sender the first time, and last."""
    first = visitor.first_utm or submission.utm_last
    last = submission.utm_last or visitor.last_utm
    Submission.objects.filter(pk=submission.pk).update(utm_first=first, utm_last=last)


def note_visits(sessions: Iterable[Session]) -> int:
    """Record visits of known leads as touches, one for each lead and day; return how many new.

    Scores follow by themselves, later.
    """
    zone = Organisation.get().zone
    known = sorted((session for session in sessions if session.lead_id), key=begin)
    campaigns = campaigns_by_utm() if known else {}
    touches: dict[str, NewTouch] = {}
    for session in known:
        day = localtime(session.started_at, zone).date()
        campaign = campaigns.get((session.source, session.medium, session.campaign))
        key = f"{TOUCH_KEY}{session.lead_id}:{day}"
        touches.setdefault(
            key,
            NewTouch(
                session.lead_id or 0, Touch.Kind.PAGE_VIEW, session.started_at, key,
                campaign_id=campaign.pk if campaign else None, detail=session.entry_path,
            ),
        )  # fmt: skip
    return record_touches(touches.values())


def begin(session: Session) -> datetime:
    return session.started_at


def for_timeline(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return a lead's visits for its timeline (crm.activities.timeline.Fetch)."""
    sessions = Session.objects.filter(lead=lead)
    if before is not None:
        sessions = sessions.filter(started_at__lte=before)
    found = sessions.prefetch_related("page_views").order_by("-started_at", "-pk")[:limit]
    return [as_item(session) for session in found]


def as_item(session: Session) -> Item:
    pages = session.views
    return Item(
        at=session.started_at,
        key=f"visit-{session.pk}",
        title=f"Visited the website: {pages} {'page' if pages == 1 else 'pages'}",
        icon="world",
        tone="marketing",
        text=paths_of(session),
    )


def paths_of(session: Session) -> str:
    """Return the pages of a session in the order of reading, the first few."""
    views = sorted(session.page_views.all(), key=lambda view: view.at)
    paths = list(dict.fromkeys(view.path for view in views)) or [session.entry_path]
    more = f" and {len(paths) - MOST_PATHS} more" if len(paths) > MOST_PATHS else ""
    return ", ".join(paths[:MOST_PATHS]) + more

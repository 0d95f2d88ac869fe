"""From page views as they arrived to sessions: in sets, each view once, whoever counts.

Two that count at one time wait for each other at the rows of the visitors that both have.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from campaigns.capture import utm
from crm.tracking import bots, buffer, events
from crm.tracking.events import Event
from crm.tracking.joining import note_visits
from crm.tracking.models import Hit, PageView, Session, Visitor

IDLE = timedelta(minutes=30)
BATCH = 1000


def count_waiting(most: int = 50_000) -> int:
    """Count what waits in the table and in Redis, at most about `most`; return how many it was."""
    total = 0
    for part in (count_from_table, count_from_redis):
        while total < most and (done := part()):
            total += done
    return total


@transaction.atomic
def count_from_table() -> int:
    rows = list(Hit.objects.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
    count([events.read(row.event) for row in rows])
    Hit.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def count_from_redis() -> int:
    rows = buffer.waiting_in_redis(BATCH)
    if rows:
        count([events.read(line) for _, line in rows])
        buffer.drop_from_redis([place for place, _ in rows])
    return len(rows)


@transaction.atomic
def count(found: list[Event]) -> int:
    """Write page views, sessions and visitors of these events; return how many were new."""
    if not found:
        return 0
    people: dict[str, list[Event]] = {}
    machines: list[tuple[Event, str]] = []
    for event in found:
        if name := bots.name_of(event):
            machines.append((event, name))
        else:
            people.setdefault(event.visitor, []).append(event)
    visitors = locked_visitors(people)
    known = {key.hex for key in counted_before(found)}
    views = [view_of(event, bot=name) for event, name in machines if event.key not in known]
    fresh = {
        visitor: sorted((e for e in mine if e.key not in known), key=lambda event: event.at)
        for visitor, mine in people.items()
    }
    views += views_of_people(visitors, {key: mine for key, mine in fresh.items() if mine})
    PageView.objects.bulk_create(views, ignore_conflicts=True, batch_size=BATCH)
    return len(views)


def counted_before(found: Iterable[Event]) -> list[UUID]:
    keys = [UUID(hex=event.key) for event in found]
    return list(PageView.objects.filter(key__in=keys).values_list("key", flat=True))


def locked_visitors(people: dict[str, list[Event]]) -> dict[str, Visitor]:
    """Return the visitors of these ids, made now if new, locked until the transaction ends."""
    keys = [UUID(hex=key) for key in sorted(people)]
    new = [
        Visitor(key=key, first_at=mine[0].moment, last_at=mine[0].moment)
        for key, mine in zip(keys, (people[key.hex] for key in keys), strict=True)
    ]
    Visitor.objects.bulk_create(new, ignore_conflicts=True, batch_size=BATCH)
    found = Visitor.objects.select_for_update().filter(key__in=keys).order_by("key")
    return {visitor.key.hex: visitor for visitor in found}


def views_of_people(visitors: dict[str, Visitor], fresh: dict[str, list[Event]]) -> list[PageView]:
    """Put each visitor's views into sessions; return the views, not saved."""
    present = latest_sessions([visitors[key] for key in fresh])
    begun: list[Session] = []
    went_on: dict[int, Session] = {}
    pairs: list[tuple[Event, Session]] = []
    for key, mine in fresh.items():
        visitor = visitors[key]
        session = present.get(visitor.pk)
        for event in mine:
            if session is None or not belongs(event.moment, session):
                session = Session(
                    visitor=visitor, lead_id=visitor.lead_id, started_at=event.moment,
                    last_at=event.moment, entry_path=event.path,
                )  # fmt: skip
                begun.append(session)
            elif session.pk:
                went_on[session.pk] = session
            extend(session, event)
            learn(visitor, event)
            pairs.append((event, session))
    Session.objects.bulk_create(begun, batch_size=BATCH)
    changed = ["started_at", "last_at", "views", "referrer", *utm.PARTS]
    Session.objects.bulk_update(went_on.values(), changed, batch_size=BATCH)
    learned = ["first_at", "last_at", "first_utm", "last_utm", "first_referrer"]
    Visitor.objects.bulk_update([visitors[key] for key in fresh], learned, batch_size=BATCH)
    note_visits([session for session in (*begun, *went_on.values()) if session.lead_id])
    return [view_of(event, session=session) for event, session in pairs]


def latest_sessions(visitors: list[Visitor]) -> dict[int, Session]:
    """Return each visitor's last session, by the visitor's key."""
    oldest = min((visitor.last_at for visitor in visitors), default=None)
    if oldest is None:
        return {}
    mine = Session.objects.filter(visitor__in=visitors, last_at__gte=oldest - IDLE)
    return {session.visitor_id: session for session in mine.order_by("last_at", "pk")}


def belongs(at: datetime, session: Session) -> bool:
    """True if a view at this time is of the session: no more than 30 minutes from it."""
    return session.started_at - IDLE <= at <= session.last_at + IDLE


def extend(session: Session, event: Event) -> None:
    """Take one view into a session."""
    session.views += 1
    session.started_at = min(session.started_at, event.moment)
    session.last_at = max(session.last_at, event.moment)
    session.referrer = session.referrer or event.referrer
    if not session.utm:
        for part, value in event.utm.items():
            setattr(session, part, value)


def learn(visitor: Visitor, event: Event) -> None:
    """Note what a view says of where its visitor came from, the first and the last time."""
    is_first = event.moment <= visitor.first_at
    visitor.first_at = min(visitor.first_at, event.moment)
    visitor.last_at = max(visitor.last_at, event.moment)
    if event.utm:
        visitor.first_utm = visitor.first_utm or dict(event.utm)
        visitor.last_utm = dict(event.utm)
    if is_first:
        visitor.first_referrer = visitor.first_referrer or event.referrer


def view_of(event: Event, *, session: Session | None = None, bot: str = "") -> PageView:
    return PageView(
        key=UUID(hex=event.key), session=session, at=event.moment, host=event.host,
        path=event.path, title=event.title, bot=bot,
    )  # fmt: skip

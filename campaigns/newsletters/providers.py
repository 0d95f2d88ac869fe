"""What mail providers tell us by their webhooks, through django-anymail: into `delivery.report`.

anymail speaks by a Django signal of its own; this is the one that we listen to.
"""

import hashlib
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from campaigns.newsletters import delivery
from campaigns.newsletters.models import DeliveryEvent, MarketingMail
from campaigns.newsletters.returned import KINDS
from crm.audit.acting import Door, acting
from crm.mailing import tokens
from crm.mailing.bounces import Bounce, Phase, classify

Kind = DeliveryEvent.Kind

PLAIN = {
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.DEFERRED: Kind.DEFERRED,
    EventType.COMPLAINED: Kind.COMPLAINT,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
    EventType.FAILED: Kind.SOFT_BOUNCE,
}
REASONS = {
    RejectReason.INVALID: Kind.HARD_BOUNCE,
    RejectReason.BLOCKED: Kind.BLOCKED,
    RejectReason.SPAM: Kind.COMPLAINT,
    RejectReason.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
}
"""Why a provider refuses to send to an address at all. That it bounced once before, by whatever
reading, is no reason to call it dead."""


@acting(door=Door.MAIL)
def take_report(sender: Any, event: AnymailTrackingEvent, esp_name: str, **more: Any) -> None:
    """Take one tracking event of a provider. Opens and clicks are our own to count."""
    kind = kind_of(event)
    mail = mail_of(event)
    if kind is None or mail is None:
        return
    name = event.event_id or f"{event.event_type} {event.message_id} {event.timestamp}"
    digest = hashlib.sha256(name.encode()).hexdigest()
    detail = " ".join(filter(None, [event.description, event.mta_response]))
    delivery.report(mail, kind, key=f"{esp_name}:{digest}", at=event.timestamp, detail=detail)


def kind_of(event: AnymailTrackingEvent) -> str | None:
    """Return what an event reports; None for what we do not count."""
    if event.event_type == EventType.BOUNCED:
        return bounce_of(event)
    if event.event_type == EventType.REJECTED:
        return REASONS.get(event.reject_reason, Kind.SOFT_BOUNCE)
    return PLAIN.get(event.event_type)


def bounce_of(event: AnymailTrackingEvent) -> str:
    """Return what a bounce counts as: by what the reader's server said, else by the provider."""
    said = f"{event.mta_response or ''} {event.description or ''}"
    bounce = classify(said, Phase.REPORT)
    if bounce is Bounce.UNCLEAR:
        return REASONS.get(event.reject_reason, Kind.SOFT_BOUNCE)
    return KINDS[bounce]


def mail_of(event: AnymailTrackingEvent) -> int | None:
    """Return the key of an event's mail: by the token we gave along, else by its id there."""
    given = tokens.read(tokens.REPORT, str((event.metadata or {}).get("marketing_mail", "")))
    if given:
        return given[0]
    if not event.message_id:
        return None
    known = MarketingMail.objects.filter(provider_id=event.message_id)
    return known.values_list("pk", flat=True).first()

"""What is reported of a mail after it left: bounces, complaints. Each report counts once."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from campaigns.newsletters import leaving
from campaigns.newsletters.models import DeliveryEvent, MarketingMail
from crm.mailing.models import Suppression
from crm.mailing.suppressing import suppress

Kind = DeliveryEvent.Kind
State = MarketingMail.State
SOFT_BOUNCES, SOFT_BOUNCE_TIME = 3, timedelta(days=30)
"""So many soft bounces of one address within this time suppress it."""


@transaction.atomic
def report(
    mail_id: int, kind: str, *, key: str, at: datetime | None = None, detail: str = ""
) -> bool:
    """Record one report and do what follows from it; False if it is known, or of no mail of ours.

    key: unique among all reports, so that a provider may tell us twice

    A hard bounce and a complaint suppress the address at once, so does the third soft bounce in
    30 days. One that was refused by policy says nothing of the address.
    """
    mail = MarketingMail.objects.select_related("lead", "content").filter(pk=mail_id).first()
    if mail is None:
        return False
    event, created = DeliveryEvent.objects.get_or_create(
        key=key[:250],
        defaults={
            "mail": mail, "kind": Kind(kind), "at": at or now(), "address": mail.address,
            "detail": detail[:500],
        },
    )  # fmt: skip
    if created:
        follow(event, mail)
    return created


def follow(event: DeliveryEvent, mail: MarketingMail) -> None:
    """Do what one new report asks for."""
    source = mail.source
    if event.kind in (Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE, Kind.BLOCKED):
        left = MarketingMail.objects.filter(pk=mail.pk).exclude(state=State.QUEUED)
        left.update(state=State.BOUNCED, last_error=event.detail)
    if event.kind == Kind.HARD_BOUNCE:
        suppress(event.address, Suppression.Reason.HARD_BOUNCE, source=source, at=event.at)
    elif event.kind == Kind.SOFT_BOUNCE and bounces_too_often(event.address, event.at):
        suppress(event.address, Suppression.Reason.SOFT_BOUNCES, source=source, at=event.at)
    elif event.kind == Kind.COMPLAINT:
        MarketingMail.objects.filter(pk=mail.pk, complained_at=None).update(complained_at=event.at)
        suppress(event.address, Suppression.Reason.COMPLAINT, source=source, at=event.at)
        leaving.withdraw_by_mail(mail, "marked as spam", event.at)
    elif event.kind == Kind.UNSUBSCRIBED:
        leaving.unsubscribe(mail, how="through the mail provider", at=event.at)


def bounces_too_often(address: str, at: datetime) -> bool:
    """Say whether this address had three soft bounces in the 30 days up to `at`."""
    found = DeliveryEvent.objects.filter(
        kind=Kind.SOFT_BOUNCE, address=address, at__gt=at - SOFT_BOUNCE_TIME, at__lte=at
    )
    return found.count() >= SOFT_BOUNCES

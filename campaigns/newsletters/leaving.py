"""Unsubscribing, coming back, choosing what to get: what a reader says by the links in a mail."""

from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from campaigns.newsletters.models import MailPreference, MarketingMail
from crm.mailing import tokens
from crm.mailing.models import Suppression
from crm.mailing.suppressing import suppress
from leads.consents import ask_consent, withdraw_consent

KEEP_ME = "That was a mistake, keep me"
"""The words of the button on the page that a reader sees who has unsubscribed."""


def mail_of(token: str) -> MarketingMail | None:
    """Return the mail whose link carried this token; None for a token that we did not make."""
    numbers = tokens.read(tokens.UNSUBSCRIBE, token)
    if numbers is None:
        return None
    named = MarketingMail.objects.select_related("lead", "content", "newsletter")
    return named.filter(pk=numbers[0]).first()


@transaction.atomic
def unsubscribe(mail: MarketingMail, *, how: str, at: datetime | None = None) -> None:
    """Send the reader of `mail` no marketing mail again: suppressed, consent withdrawn. Idempotent.

    how: “one click”, “on the page”
    """
    at = at or now()
    MarketingMail.objects.filter(pk=mail.pk, unsubscribed_at=None).update(unsubscribed_at=at)
    for address in {mail.address, mail.lead.email if mail.lead else ""} - {""}:
        suppress(address, Suppression.Reason.UNSUBSCRIBED, source=mail.source, at=at)
    withdraw_by_mail(mail, f"unsubscribed {how}", at)


def withdraw_by_mail(mail: MarketingMail, how: str, at: datetime) -> None:
    """Record on the lead that it may get no marketing mail, when it said so and by which mail."""
    if mail.lead is not None:
        withdraw_consent(mail.lead, source=f"{how}: {mail.source}"[:200], actor=None, at=at)


def come_back(mail: MarketingMail) -> None:
    """Mail the reader a link that confirms, because somebody asks for mail again.

    The page may have been opened from a forwarded mail, so it lifts nothing by itself.
    """
    if mail.lead is not None and mail.lead.email:
        ask_consent(mail.lead, source="Preference page", wording=KEEP_ME)


@transaction.atomic
def choose(
    mail: MarketingMail, *, newsletters: bool, sequences: bool, paused_until: date | None
) -> None:
    """Record what the reader of `mail` wants to get of what he agreed to."""
    if mail.lead is None:
        return
    MailPreference.objects.update_or_create(
        lead=mail.lead,
        defaults={
            "newsletters": newsletters,
            "sequences": sequences,
            "paused_until": paused_until,
            "changed_at": Now(),
        },
    )

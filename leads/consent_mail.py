"""The mail that asks the owner of an address to confirm, and the link in it."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.timezone import localdate, now

from crm.mailing.models import Suppression
from crm.mailing.services import send
from crm.mailing.suppressing import digest_of
from crm.users.models import Organisation
from leads.consent_models import Consent

VALID = timedelta(days=14)
SALT = "leads.consent"
LONGEST_TOKEN = 200


def new_token(consent: Consent) -> str:
    """Return the signed token of one record's link; nothing is stored for it."""
    return signing.TimestampSigner(sep=".", salt=SALT).sign(str(consent.pk))


def consent_of(token: str) -> Consent | None:
    """Return the record that a link is for; None for a link that is not ours or over 14 days old.

    Whether it can still be confirmed is for `leads.consents.confirm_consent` to say.
    """
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        key = signing.TimestampSigner(sep=".", salt=SALT).unsign(token, max_age=VALID)
    except signing.BadSignature:
        return None
    return Consent.objects.select_related("lead").filter(pk=int(key)).first()


def reason_of(address: str) -> str:
    """Return why `address` is suppressed, "" if it is not."""
    listed = Suppression.objects.filter(digest=digest_of(address))
    return listed.values_list("reason", flat=True).first() or ""


def is_unsubscribed(address: str) -> bool:
    return reason_of(address) == Suppression.Reason.UNSUBSCRIBED


def may_be_asked(address: str) -> bool:
    """Whether a confirmation could help: not after a complaint, a bounce, or our own decision."""
    return bool(address) and reason_of(address) in ("", Suppression.Reason.UNSUBSCRIBED)


def mail_key(consent: Consent) -> str:
    """Return what the keys of all mails that ask this address begin with."""
    return f"consent:{digest_of(consent.address)[:40]}:"


def send_link(consent: Consent) -> bool:
    """Mail the link that confirms `consent`; False if none may be sent, or one was today.

    One address gets at most one such mail a day, whatever forms it is typed into.
    """
    if not may_be_asked(consent.address):
        return False
    organisation = Organisation.get()
    day = localdate(timezone=organisation.zone)
    path = reverse("leads:confirm-consent", args=[new_token(consent)])
    sent = send(
        key=f"{mail_key(consent)}{day:%Y%m%d}",
        to=consent.address,
        subject=f"Please confirm: email from {organisation.name}",
        template="confirm_consent",
        context={
            "organisation": organisation,
            "consent": consent,
            "url": f"{settings.SITE_URL}{path}",
            "days": VALID.days,
        },
        link_life=VALID,
    )
    if sent:
        consent.mailed_at = now()
        consent.save(update_fields=["mailed_at"])
    return sent

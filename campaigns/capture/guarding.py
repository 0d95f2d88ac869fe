"""Telling people from machines at a public form: a signed time, a hidden field, a small limit."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core import signing
from django.utils.timezone import now

from campaigns.capture.models import Submission

HONEYPOT = "reply_by_fax"
"""Nobody sees this field, and no browser fills it in by itself."""

FASTEST = timedelta(seconds=2)
LONGEST = timedelta(days=2)
PER_MINUTE, PER_HOUR = 10, 60
"""What one network may send of a form until more is set aside. An office has one address."""
FLOOD = 300
"""What is stored of one network in an hour, set aside or not; a shared device may send as much."""
SALT = "capture.form"


class TooOld(Exception):
    """The form was open for more than two days: show a fresh one with what was typed."""


@dataclass(frozen=True)
class Token:
    """What a rendered form carries: which one it is, and how long ago it was shown."""

    key: str
    age: timedelta


def new_token(form: uuid.UUID) -> str:
    """Return a signed token for one rendering of a form. Nothing is stored for it."""
    return signing.TimestampSigner(salt=SALT).sign(f"{form.hex}.{secrets.token_urlsafe(18)}")


def read_token(text: str, form: uuid.UUID) -> Token | None:
    """Return the token, None for one that we did not make for this form. Raises TooOld."""
    try:
        value = signing.TimestampSigner(salt=SALT).unsign(text)
    except signing.BadSignature:
        return None
    belongs, _, key = value.partition(".")
    if belongs != form.hex:
        return None
    age = now() - shown_at(text)
    if age > LONGEST:
        raise TooOld
    return Token(key, age)


def shown_at(text: str) -> datetime:
    """Return when a token, known to be ours, was made."""
    return datetime.fromtimestamp(signing.b62_decode(text.rsplit(":", 2)[1]), tz=UTC)


def suspicion(
    token: Token | None, honeypot: str, sender: str, *, shared_device: bool = False
) -> Submission.Spam:
    """Return why a sent form is spam; Spam.NONE for a person's.

    shared_device: many people send this form from one device, so that many are none too many
    """
    if token is None:
        return Submission.Spam.FORGED
    if honeypot:
        return Submission.Spam.HONEYPOT
    if token.age < FASTEST:
        return Submission.Spam.TOO_FAST
    if shared_device or not too_many(sender):
        return Submission.Spam.NONE
    return Submission.Spam.RATE


def too_many(sender: str) -> bool:
    """True if this sender has sent ten forms in the last minute, or sixty in the last hour."""
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    return sent_within(sender, minute, PER_MINUTE) or sent_within(sender, hour, PER_HOUR)


def is_flood(sender: str) -> bool:
    """True if this sender has filled our tables enough for this hour: it is told to wait."""
    return sent_within(sender, timedelta(hours=1), FLOOD)


def sent_within(sender: str, span: timedelta, most: int) -> bool:
    mine = Submission.objects.filter(sender=sender, at__gt=now() - span).order_by()
    return mine.values("pk")[:most].count() >= most

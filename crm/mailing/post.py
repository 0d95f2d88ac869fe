"""Posting bulk mail: one connection for many messages, and what became of each in plain words."""

import smtplib
from dataclasses import dataclass
from enum import Enum
from types import TracebackType

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models.functions import Now

from crm.mailing.bounces import Bounce, Phase, classify
from crm.mailing.models import Mail


class Fate(Enum):
    """What became of a message."""

    SENT = "sent"
    NO_SUCH_ADDRESS = "no such address"
    REFUSED = "refused, not for its address"
    FULL = "mailbox full"
    LATER = "refused for now"
    DOWN = "the server takes nothing"
    UNKNOWN = "may have arrived"


@dataclass(frozen=True)
class Posted:
    """The fate of one message. detail: what the server said; provider_id: its name there."""

    fate: Fate
    detail: str = ""
    provider_id: str = ""


FATES = {
    Bounce.DEAD: Fate.NO_SUCH_ADDRESS,
    Bounce.FULL: Fate.FULL,
    Bounce.FOR_NOW: Fate.LATER,
    Bounce.BLOCKED: Fate.REFUSED,
    Bounce.UNCLEAR: Fate.REFUSED,
}


class Post:
    """One open connection to the mail server. Opened by the first message, closed at the end.

    connection: to a server other than the organisation's
    Where no server is configured, mail is kept: the mailbox page shows it.
    """

    def __init__(self, connection: BaseEmailBackend | None = None) -> None:
        kept = connection is None and settings.MAIL_KEPT
        self.connection = None if kept else connection or get_connection()

    def __enter__(self) -> "Post":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self.connection is not None:
            self.connection.close()

    def send(self, message: EmailMultiAlternatives, key: str) -> Posted:
        """Send one message; never raises for what a server or network does.

        key: names the message among all that are kept where no server is configured
        """
        if self.connection is None:
            keep(message, key)
            return Posted(Fate.SENT)
        try:
            fresh = self.connection.open()
        except Exception as error:
            return Posted(Fate.DOWN, words(error))
        posted = self.hand_over(self.connection, message)
        if posted.fate == Fate.DOWN and not fresh:  # servers hang up after so many messages
            return self.send(message, key)
        return posted

    @staticmethod
    def hand_over(connection: BaseEmailBackend, message: EmailMultiAlternatives) -> Posted:
        """Send over the open connection; after a failure the next message gets a fresh one."""
        smtp = getattr(connection, "connection", None)
        if smtp is not None:
            smtp.reached_content = False
        try:
            message.connection = connection
            message.send()
        except Exception as error:
            connection.close()
            reached = getattr(smtp, "reached_content", True)
            return Posted(fate_of(error, reached=reached), words(error))
        status = getattr(message, "anymail_status", None)
        return Posted(Fate.SENT, provider_id=str(getattr(status, "message_id", None) or ""))


def words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def fate_of(error: Exception, *, reached: bool) -> Fate:
    """Return what `error` says of the message.

    reached: whether its content was begun; what then broke without an answer may have arrived
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return fate_of_answer(code, as_text(said), at_address=True)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Fate.DOWN
    if isinstance(error, smtplib.SMTPResponseException):
        return fate_of_answer(error.smtp_code, as_text(error.smtp_error), at_address=False)
    if isinstance(error, AnymailRecipientsRefused):
        return fate_at_provider(error)
    if isinstance(error, AnymailAPIError) and error.status_code is not None:
        later = error.status_code == 429 or error.status_code >= 500
        return Fate.LATER if later else Fate.REFUSED
    if isinstance(error, OSError | smtplib.SMTPException):
        return Fate.UNKNOWN if reached else Fate.DOWN
    return Fate.REFUSED


def fate_of_answer(code: int, said: str, *, at_address: bool) -> Fate:
    """Return what an SMTP answer means. at_address: it was given to RCPT, not to the content."""
    bounce = classify(said, Phase.RECIPIENT if at_address else Phase.CONTENT, code=code)
    if bounce is Bounce.FULL:
        return Fate.FULL
    return Fate.LATER if code < 500 else FATES[bounce]


def fate_at_provider(error: AnymailRecipientsRefused) -> Fate:
    """Return what a provider means that takes a message for none of its recipients.

    “Rejected” is the provider's own list, of whatever reason; only “invalid” names a dead address.
    """
    status = getattr(error.email_message, "anymail_status", None)
    answers = getattr(status, "status", None)
    return Fate.NO_SUCH_ADDRESS if answers == {"invalid"} else Fate.REFUSED


def as_text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def keep(message: EmailMultiAlternatives, key: str) -> None:
    """Keep a message for the mailbox page, as it would have gone out."""
    bodies = [str(part) for part, kind in message.alternatives if kind == "text/html"]
    kept = Mail(
        key=key,
        to=message.to[0],
        subject=str(message.subject)[:250],
        text=str(message.body),
        html=bodies[0] if bodies else "",
        headers={"From": message.from_email, **message.extra_headers},
        state=Mail.State.SENT,
        sent_at=Now(),
    )
    Mail.objects.bulk_create([kept], ignore_conflicts=True)

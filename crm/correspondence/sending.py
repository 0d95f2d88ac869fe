"""Sending personal mail, each message once, and logging it when it has left.

A message is claimed by one conditional UPDATE and leaves outside of any transaction. One whose
sender ended in the middle is `unknown`: a person may have it already, so its writer decides
(docs/decisions/0021).
"""

from datetime import timedelta
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.timezone import now

from crm.correspondence import journal, mailboxes
from crm.correspondence.addresses import ANSWER, logging_address
from crm.correspondence.models import Message, UserMailbox
from crm.correspondence.sealing import CannotOpen
from crm.mailing.models import Suppression
from crm.mailing.post import Fate, Post, Posted
from crm.mailing.returning import PERSONAL, set_return_address
from crm.mailing.suppressing import suppress
from crm.notifications.models import Notification
from crm.notifications.services import notify
from crm.users.models import organisation_read_once

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 6
LOST = "The process ended while it was sending this."
LATER = {Fate.LATER, Fate.FULL, Fate.DOWN}

State = Message.State


def send_due(limit: int = 100) -> int:
    """Send what is due; return how many messages this call handed to a server."""
    give_up_half_sent()
    due = Message.objects.due().select_related("lead", "by").order_by("due_at", "pk")
    sent = 0
    with organisation_read_once():
        for message in list(due[:limit]):
            if claim(message):
                posted = post(message)
                settle(message, posted)
                sent += posted.fate == Fate.SENT
    return sent


def claim(message: Message) -> bool:
    """Take a message to send it; False if another sender has, or its writer took it back."""
    free = Message.objects.due().filter(pk=message.pk)
    return bool(
        free.update(state=State.SENDING, lease_until=Now() + LEASE, attempts=F("attempts") + 1)
    )


def post(message: Message) -> Posted:
    """Hand a message to the writer's own server, or to the organisation's."""
    mailbox = UserMailbox.objects.filter(user=message.by_id).first() or UserMailbox()
    try:
        connection = mailboxes.connection_of(mailbox)
    except CannotOpen as error:
        return Posted(Fate.REFUSED, f"{error} Type it again in your e-mail settings.")
    with Post(connection) as open_post:
        letter = letter_of(message, own_server=connection is not None)
        posted = open_post.send(letter, f"personal:{message.pk}:{message.attempts}")
    if connection is not None and posted.fate == Fate.DOWN:
        mailboxes.note_failure(mailbox, posted.detail)
        return Posted(Fate.DOWN, mailboxes.NO_LOG_IN)
    return posted


def letter_of(message: Message, *, own_server: bool) -> EmailMultiAlternatives:
    """Return a message as it leaves. By the organisation's server it leaves in its name."""
    headers = {"Message-ID": message.message_id, "X-Tandem": "personal"}
    if message.in_reply_to:
        headers["In-Reply-To"] = message.in_reply_to
        headers["References"] = " ".join(message.references)
    if own_server:
        sender = formataddr((message.sender_name, message.sender))
    else:
        _, ours = parseaddr(settings.DEFAULT_FROM_EMAIL)
        sender = formataddr((message.sender_name, ours))
    answers_to = [message.sender] if message.sender and not own_server else []
    logged_at = logging_address(message.by, ANSWER) if message.by else ""
    if logged_at:
        answers_to = [message.sender, logged_at] if message.sender else [logged_at]
    letter = EmailMultiAlternatives(
        message.subject, message.text, sender, list(message.to), cc=list(message.cc),
        headers=headers, reply_to=answers_to,
    )  # fmt: skip
    if not own_server:
        set_return_address(letter, PERSONAL, message.pk)
    return letter


@transaction.atomic
def settle(message: Message, posted: Posted) -> None:
    """Write what became of a message; one that left is logged in the same transaction."""
    held = Message.objects.filter(pk=message.pk, state__in=[State.SENDING, State.UNKNOWN])
    detail, attempts = posted.detail[:500], message.attempts + 1
    if posted.fate == Fate.SENT:
        if held.update(state=State.SENT, at=now(), lease_until=None, last_error=""):
            log_sent(message)
    elif posted.fate == Fate.UNKNOWN:
        if held.update(state=State.UNKNOWN, lease_until=None, last_error=detail):
            tell_writer(message, "may not have arrived")
    elif posted.fate in LATER and attempts < MAX_ATTEMPTS:
        pause = timedelta(seconds=30 * 2**attempts)
        held.update(state=State.QUEUED, due_at=Now() + pause, lease_until=None, last_error=detail)
    elif held.update(state=State.FAILED, lease_until=None, last_error=detail):
        tell_writer(message, "was not sent")
        if posted.fate == Fate.NO_SUCH_ADDRESS and len(message.to) + len(message.cc) == 1:
            suppress(message.to[0], Suppression.Reason.HARD_BOUNCE, source="Personal mail")


def log_sent(message: Message) -> None:
    message.refresh_from_db()
    journal.log(message)


@transaction.atomic
def believe_sent(message: Message) -> bool:
    """Take a doubtful message as arrived; False if it is not in doubt."""
    doubtful = Message.objects.filter(pk=message.pk, state=State.UNKNOWN)
    if not doubtful.update(state=State.SENT):
        return False
    log_sent(message)
    return True


def tell_writer(message: Message, what: str) -> None:
    if message.by:
        notify(
            message.by,
            key=f"message:{message.pk}:{message.attempts}",
            title=f"Your mail to {message.lead} {what}",
            body=message.subject,
            url=message.get_absolute_url(),
            kind=Notification.Kind.ACTION,
        )


def give_up_half_sent() -> int:
    """Call unknown what a dead sender left half-sent, and tell those who wrote it."""
    given_up = 0
    for message in Message.objects.half_sent().select_related("lead", "by"):
        held = Message.objects.half_sent().filter(pk=message.pk)
        if held.update(state=State.UNKNOWN, lease_until=None, last_error=LOST):
            tell_writer(message, "may not have arrived")
            given_up += 1
    return given_up

"""Sending mail: a row in the caller's transaction first, the SMTP server afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils.timezone import now

from crm.mailing import senders, tokens
from crm.mailing.models import Attachment, Mail, MailQuerySet
from crm.outbox.health import Queue
from crm.users.models import User

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
OF_MACHINE = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
"""Headers of what no person wrote: no absence note answers it (RFC 3834)."""
KILLED = "Each time the process ended while it was sending this."


def send(
    *,
    key: str,
    to: str,
    subject: str,
    template: str,
    context: dict[str, object],
    link_life: timedelta | None = None,
) -> bool:
    """Queue one mail, rendered from `templates/emails/<template>.txt` and, if there, `.html`.

    key: unique among all mail; asking twice with one key sends it once
    link_life: how long the secret link in it works (crm.mailing.links)
    Return whether the mail was new. It leaves when the transaction has committed.
    """
    if Mail.objects.filter(key=key).exists():
        return False
    mail = written(key=key, to=to, subject=subject, template=template, context=context)
    mail.link_until = now() + link_life if link_life else None
    send_all([mail])
    return True


@dataclass(frozen=True)
class File:
    """What goes with a mail: its name, its media type, its bytes."""

    name: str
    content_type: str
    content: bytes


@transaction.atomic
def send_with_files(mail: Mail, files: Sequence[File]) -> bool:
    """Queue one mail (of `written`) with files; return whether it was new, by its key."""
    send_all([mail])
    kept = Mail.objects.get(key=mail.key)
    if kept.attachments.exists():
        return False
    Attachment.objects.bulk_create(
        [Attachment(mail=kept, name=f.name, content_type=f.content_type, content=f.content)
         for f in files]
    )  # fmt: skip
    return True


def written(
    *,
    key: str,
    to: str,
    subject: str,
    template: str,
    context: dict[str, object],
    sender: User | None = None,
) -> Mail:
    """Return the mail that `send` queues, not yet saved.

    sender: whose name it goes out in, and to whom its answers come; None is the organisation
    """
    context = {"site_url": settings.SITE_URL, **context}
    return Mail(
        key=key,
        to=to,
        subject=" ".join(subject.split())[:250],
        text=render_to_string(f"emails/{template}.txt", context),
        html=render_to_string(f"emails/{template}.html", context),
        headers=senders.headers_of(sender) if sender else {},
    )


def send_all(mails: list[Mail]) -> None:
    """Queue many mails in one statement; one whose key is known already is passed over."""
    if mails:
        Mail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=200)
        transaction.on_commit(hint)


def hint() -> None:
    """Tell a worker that there is mail; lost, the 5-second beat finds it."""
    from crm.mailing.tasks import send_due
    from crm.outbox import hints

    hints.quietly(send_due)


def claim(mail: Mail) -> bool:
    """Take the lease on `mail`. False if somebody else has it, it has left, or is given up.

    The attempt is counted before it begins, so that a mail that kills its sender fails too.
    """
    due = Mail.objects.due().filter(pk=mail.pk)
    if mail.attempts >= MAX_ATTEMPTS:
        due.update(state=Mail.State.FAILED, lease_until=None, last_error=KILLED)
        return False
    return bool(
        due.update(state=Mail.State.SENDING, lease_until=Now() + LEASE, attempts=F("attempts") + 1)
    )


def deliver(mail: Mail) -> None:
    """Send a claimed mail. A notice found half-sent is sent again, under the same Message-ID."""
    by_a_person = "From" in mail.headers
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        to=[mail.to],
        from_email=mail.headers.get("From"),
        reply_to=mail.headers.get("Reply-To"),
        headers={"Message-ID": message_id_of(mail), **({} if by_a_person else OF_MACHINE)},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    for file in mail.attachments.all():
        message.attach(file.name, bytes(file.content), file.content_type)
    try:
        if not settings.MAIL_KEPT:
            message.connection = get_connection()
            message.send()
    except Exception as error:
        put_back(mail, error)
        return
    Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING).update(
        state=Mail.State.SENT, sent_at=Now(), lease_until=None
    )


def message_id_of(mail: Mail) -> str:
    """Return a mail's Message-ID, always the same. Its key counts our rows, so it is not told."""
    return tokens.message_id(tokens.opaque(tokens.MESSAGE, mail.key))


def put_back(mail: Mail, error: Exception) -> None:
    """Queue a mail again after a pause that doubles; after the eighth failure it has failed."""
    failed = mail.attempts + 1 >= MAX_ATTEMPTS
    Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING).update(
        state=Mail.State.FAILED if failed else Mail.State.QUEUED,
        last_error=f"{type(error).__name__}: {error}"[:2000],
        due_at=Now() + timedelta(seconds=2 ** (mail.attempts + 3)),
        lease_until=None,
    )


def send_due(limit: int = 200) -> int:
    """Send the mail that is due; return how many this call took."""
    due = list(Mail.objects.due().order_by("due_at", "pk")[:limit])
    taken = 0
    for mail in due:
        if claim(mail):
            deliver(mail)
            taken += 1
    return taken


def retry(mails: MailQuerySet) -> int:
    """Queue failed mail again, with eight more attempts; return how many there were."""
    failed = mails.filter(state=Mail.State.FAILED)
    count = failed.update(state=Mail.State.QUEUED, attempts=0, due_at=Now())
    if count:
        transaction.on_commit(hint)
    return count


def waiting_mail() -> Queue:
    """Return what waits of our own mail: notices, invitations, digests. For the system page."""
    counted = Mail.objects.waiting().aggregate(
        waiting=Count("pk"),
        oldest=Min("due_at", filter=Q(state=Mail.State.QUEUED, due_at__lte=Now())),
    )
    return Queue("mail", counted["waiting"], counted["oldest"])


def say_failed() -> str:
    """Say for the system page how many mails were given up; "" for none."""
    count = Mail.objects.failed().count()
    mails = "1 mail" if count == 1 else f"{count} mails"
    return f"{mails} failed eight times. The mailbox says why, and sends again." if count else ""

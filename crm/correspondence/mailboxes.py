"""The server through which a user sends: their own if they have set one."""

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils.timezone import now

from crm.correspondence.models import UserMailbox
from crm.correspondence.sealing import CannotOpen, seal, unseal
from crm.mailing.smtp import GuardedEmailBackend
from crm.users.models import User

NO_LOG_IN = (
    "Tandem could not log in at your server. Check its name, port, security, user name and"
    " password. Your administrator can see what exactly went wrong."
)


def connection_of(mailbox: UserMailbox) -> BaseEmailBackend | None:
    """Return a connection, not yet open, to the user's own server; None if they have none.

    None too while no address of theirs counts: a server of one's own sends for one's own address.
    Raises CannotOpen if the password was sealed under another key.
    """
    if not mailbox.host or not mailbox.address:
        return None
    return backend_of(mailbox)


def backend_of(mailbox: UserMailbox) -> BaseEmailBackend:
    return GuardedEmailBackend(
        host=mailbox.host,
        port=mailbox.port,
        username=mailbox.username,
        password=unseal(mailbox.password),
        use_tls=mailbox.security == UserMailbox.Security.STARTTLS,
        use_ssl=mailbox.security == UserMailbox.Security.TLS,
        timeout=settings.EMAIL_TIMEOUT,
    )


@transaction.atomic
def keep(mailbox: UserMailbox, *, password: str | None) -> UserMailbox:
    """Save a user's mailbox. password: None keeps the one that is there."""
    if password is not None:
        mailbox.password = seal(password)
    if not mailbox.host:
        mailbox.password = mailbox.username = ""
    mailbox.last_error, mailbox.failed_at = "", None
    mailbox.save()
    return mailbox


def test(user: User) -> str:
    """Log in at the user's own server; return what to tell them, "" if it answers.

    Closed, open to something else, unknown, refused: the user hears the same of all of them, so
    that nobody looks around in our network with it.
    """
    mailbox = UserMailbox.of(user)
    if not mailbox.host:
        return "No server of your own is set: your mail leaves by your organisation's."
    try:
        connection = backend_of(mailbox)
        connection.open()
        connection.close()
    except CannotOpen as error:
        return f"{error} Type it again."
    except Exception as error:  # whatever a strange server makes the library raise
        note_failure(mailbox, f"{type(error).__name__}: {error}")
        return NO_LOG_IN
    note_failure(mailbox, "")
    return ""


def note_failure(mailbox: UserMailbox, error: str) -> None:
    """Keep for the administrators what a user's own server answered; "" for a good log-in."""
    at = now() if error else None
    kept = UserMailbox.objects.filter(pk=mailbox.pk)
    kept.update(last_error=error.replace("\x00", "")[:500], failed_at=at)

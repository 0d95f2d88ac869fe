"""The server through which a user sends: his own if he has set one."""

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from crm.correspondence.models import UserMailbox
from crm.correspondence.sealing import CannotOpen, seal, unseal
from crm.mailing.smtp import EmailBackend
from crm.users.models import User


def connection_of(mailbox: UserMailbox) -> BaseEmailBackend | None:
    """Return a connection, not yet open, to the user's own server; None if he has none.

    Raises CannotOpen if his password was sealed under another key.
    """
    if not mailbox.host:
        return None
    return EmailBackend(
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
    mailbox.save()
    return mailbox


def test(user: User) -> str:
    """Log in at the user's own server; return what went wrong, "" if it answers."""
    try:
        connection = connection_of(UserMailbox.of(user))
        if connection is None:
            return "No server of your own is set: your mail leaves by your organisation's."
        connection.open()
        connection.close()
    except (OSError, CannotOpen) as error:  # smtplib's errors are OSErrors too
        return f"{type(error).__name__}: {error}"[:300]
    return ""

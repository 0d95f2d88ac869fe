"""The addresses of users at our inbound domain: log+<token>@ to log mail, re+<token>@ for answers.

Each user keeps the first to himself: what he puts it in BCC of, or forwards to it, is his word. The
second stands in Reply-To of what he sends, so readers know it: what comes there is only received.
The token names the user and is signed, so that nobody can write into another's record. It is made
of lower-case letters and digits only: mail servers do not keep the case of an address.
"""

import re
from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from crm.users.models import User

SIGNED = 24
LOG, ANSWER = "log", "re"
OURS = re.compile(r"(log|re)\+(\d{1,12})-([0-9a-f]{24})@[^@\s]+")

TOKEN = re.compile(r"(log|re)(\+|%2B)\d{1,12}-[0-9a-f]{24}", re.IGNORECASE)


def without_tokens(text: str) -> str:
    """Return `text` with the secret part of such addresses left out: who reads may not log."""
    return TOKEN.sub(r"\1\2…", text)


def logging_address(user: User, purpose: str = LOG) -> str:
    """Return the address at which `user` logs mail, or gets answers; "" without inbound domain."""
    if not settings.INBOUND_DOMAIN:
        return ""
    return f"{purpose}+{user.pk}-{signature(purpose, user.pk)}@{settings.INBOUND_DOMAIN.lower()}"


def signature(purpose: str, pk: int) -> str:
    salt = f"crm.correspondence.addresses.{purpose}"
    return salted_hmac(salt, str(pk), algorithm="sha256").hexdigest()[:SIGNED]


def is_logging(address: str) -> bool:
    """Say whether an address has the form of one of these, with a right token or a wrong one."""
    local, _, domain = address.lower().rpartition("@")
    ours = bool(settings.INBOUND_DOMAIN) and domain == settings.INBOUND_DOMAIN.lower()
    return ours and local.partition("+")[0] in (LOG, ANSWER)


def owner_of(addresses: Iterable[str], purpose: str) -> User | None:
    """Return the user whose address for this purpose is among these.

    None if we signed none, and for somebody who is switched off.
    """
    pk = signed_for(addresses, purpose)
    return User.objects.active().filter(pk=pk).first() if pk else None


def signed_for(addresses: Iterable[str], purpose: str) -> int | None:
    """Return the key of the user for whom we signed an address among these, even if long gone."""
    for address in addresses:
        found = OURS.fullmatch(address.strip().lower())
        if not found or found[1] != purpose or not is_logging(address):
            continue
        pk = int(found[2])
        if constant_time_compare(signature(purpose, pk), found[3]):
            return pk
    return None

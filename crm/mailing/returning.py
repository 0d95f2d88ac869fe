"""The signed return address: where a server reports that a mail could not be delivered.

It names the mail, so the report finds its recipient however it is written, and it is signed, so
that nobody can report a mail that they did not get. Lower-case letters and digits only: mail
servers do not keep the case of an address.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.crypto import constant_time_compare, salted_hmac

MARKETING, PERSONAL = "m", "p"
SIGNED = 24
OURS = re.compile(r"b\+([mp])(\d{1,18})-([0-9a-f]{24})@[^@\s]+")


class Returned(NamedTuple):
    """Which mail a return address names: its sort, and the key of its row."""

    sort: str
    pk: int


def return_address(sort: str, pk: int) -> str:
    """Return the address to which reports of one mail come; "" without RETURN_DOMAIN."""
    if not settings.RETURN_DOMAIN:
        return ""
    return f"b+{sort}{pk}-{signature(sort, pk)}@{settings.RETURN_DOMAIN.lower()}"


def signature(sort: str, pk: int) -> str:
    made = salted_hmac(f"crm.mailing.returning.{sort}", str(pk), algorithm="sha256")
    return made.hexdigest()[:SIGNED]


def named_in(addresses: Iterable[str]) -> Returned | None:
    """Return the mail that a return address among these names; None if we signed none of them."""
    domain = settings.RETURN_DOMAIN.lower()
    for address in addresses:
        found = OURS.fullmatch(address.strip().lower())
        if not found or not domain or address.strip().lower().rpartition("@")[2] != domain:
            continue
        sort, pk = found[1], int(found[2])
        if constant_time_compare(signature(sort, pk), found[3]):
            return Returned(sort, pk)
    return None


def set_return_address(message: EmailMultiAlternatives, sort: str, pk: int) -> None:
    """Let reports of `message` come to its signed address; readers see the same sender as before.

    Only where we speak SMTP ourselves: a provider has a return address of its own.
    """
    address = return_address(sort, pk)
    if not address or settings.MAIL_PROVIDER:
        return
    message.extra_headers["From"] = message.from_email
    message.from_email = address

"""The suppression list: addresses that marketing mail never goes to again.

It knows addresses, not leads. An address is compared in lower case, by its SHA-256: an erased
person's stays on the list without being readable.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, Func, OuterRef
from django.db.models.functions import Lower
from django.utils.timezone import now

from crm.audit.models import Change
from crm.mailing.models import Suppression

Reason = Suppression.Reason


class Digest(Func):
    """SHA-256 of a text column, in hexadecimal digits, computed by the database."""

    function = "SHA256"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "ENCODE(SHA256(CONVERT_TO(%(expressions)s, 'UTF8')), 'hex')"
        return self.as_sql(compiler, connection, template=template, **context)


def digest_of(address: str) -> str:
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def suppressed(column: str = "email") -> Exists:
    """Return the condition on rows whose address in `column` is on the list."""
    listed = Suppression.objects.filter(digest=Digest(Lower(OuterRef(column))))
    return Exists(listed)


@transaction.atomic
def suppress(address: str, reason: str, *, source: str = "", at: datetime | None = None) -> bool:
    """Put `address` on the list; False if it was on it. The first reason stays.

    source: where that came from: “Newsletter “Spring””, “by hand, Mira”
    """
    row = Suppression(
        digest=digest_of(address),
        address=address.strip().lower(),
        reason=Reason(reason),
        source=source[:200],
        at=at or now(),
    )
    if Suppression.objects.filter(digest=row.digest).exists():
        return False
    Suppression.objects.bulk_create([row], ignore_conflicts=True)
    return True


def is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(digest=digest_of(address)).exists()


def suppressed_among(addresses: Iterable[str]) -> set[str]:
    """Return those of `addresses` that are on the list, in lower case."""
    digests = {digest_of(address): address.strip().lower() for address in addresses}
    found = Suppression.objects.filter(digest__in=digests).values_list("digest", flat=True)
    return {digests[digest] for digest in found}


def lift_unsubscription(address: str) -> bool:
    """Take `address` off the list because its owner asks for mail again.

    Only what he himself asked for is lifted: bounces, complaints and our own hand stay.
    """
    mine = Suppression.objects.filter(digest=digest_of(address), reason=Reason.UNSUBSCRIBED)
    return bool(mine.delete()[0])


def lift(suppression: Suppression) -> None:
    """Take an address off the list by hand."""
    suppression.delete()


def forget(address: str) -> None:
    """Blank an erased person's address, in its history too; its digest keeps it suppressed."""
    rows = Suppression.objects.filter(digest=digest_of(address))
    rows.update(address="")
    Change.objects.forget(Suppression, rows.values_list("pk", flat=True))

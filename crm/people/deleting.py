"""Deleting one row so that it can be had back: it is kept in the session of who deleted it.

For rows on which no other row hangs: what a cascade takes along does not come back.
"""

import uuid
from datetime import datetime
from typing import Any

from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

KEY = "deleted"
DOOR = "users:restore"
"""The address that brings back a row from which nothing else follows."""
MOST_KEPT = 5


class Exact(DjangoJSONEncoder):
    """Keeps a moment to the microsecond, where the usual encoder cuts it to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


class NotRestorable(Exception):
    """The row is not kept any more, or another has taken its place."""


def delete(request: HttpRequest, row: Model, *, back: str) -> str:
    """Delete `row`; return the address that a POST brings it back at, for the toast's Undo.

    back: the page to show after that
    """
    undo = keep(request, row, back=back)
    row.delete()
    return undo


def keep(request: HttpRequest, row: Model, *, back: str, door: str = DOOR) -> str:
    """Keep a row that is about to be deleted; return the address that brings it back.

    door: the name of that address; no other brings the row back
    """
    number = str(uuid.uuid4())
    kept = request.session.get(KEY, {})
    text = serializers.serialize("json", [row], cls=Exact)
    kept[number] = [text, back, door, role_of(request)]
    request.session[KEY] = dict(list(kept.items())[-MOST_KEPT:])
    return reverse(door, args=[number])


def role_of(request: HttpRequest) -> str:
    return str(getattr(request.user, "role", ""))


def restore(request: HttpRequest, number: uuid.UUID) -> str:
    """Bring back what `delete` kept; return the page to show. Raises NotRestorable."""
    return restore_rows(request, number)[1]


def restore_rows(
    request: HttpRequest, number: uuid.UUID, door: str = DOOR
) -> tuple[list[Model], str]:
    """The same, and return the rows too. Whoever has another role by now deletes nothing any more,
    so he brings nothing back."""
    text, back, *rest = request.session.get(KEY, {}).get(str(number), ("", ""))
    if not text or rest != [door, role_of(request)]:
        raise NotRestorable("This is not kept any more.")
    try:
        with transaction.atomic():
            kept = list(serializers.deserialize("json", text))
            for row in kept:
                row.save()
    except IntegrityError:
        raise NotRestorable("Another has taken its place meanwhile.") from None
    del request.session[KEY][str(number)]
    request.session.modified = True
    return [row.object for row in kept], str(back)

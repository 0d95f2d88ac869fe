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
    number = keep(request, row, back=back)
    row.delete()
    return reverse("users:restore", args=[number])


def keep(request: HttpRequest, row: Model, *, back: str) -> str:
    """Keep a row that is about to be deleted; return the number that `restore_rows` takes."""
    number = str(uuid.uuid4())
    kept = request.session.get(KEY, {})
    kept[number] = [serializers.serialize("json", [row], cls=Exact), back]
    request.session[KEY] = dict(list(kept.items())[-MOST_KEPT:])
    return number


def restore(request: HttpRequest, number: uuid.UUID) -> str:
    """Bring back what `delete` kept; return the page to show. Raises NotRestorable."""
    return restore_rows(request, number)[1]


def restore_rows(request: HttpRequest, number: uuid.UUID) -> tuple[list[Model], str]:
    """The same, and return the rows too."""
    text, back = request.session.get(KEY, {}).get(str(number), ("", ""))
    if not text:
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

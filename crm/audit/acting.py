"""Who acts, through which door, in which act: what the database writes beside each change.

A request is one act of its user; an effect one of whom its payload names; an import one of whom
started it. `acting` says so, the triggers of crm.audit.noting read it: on SQLite by functions of
ours, on PostgreSQL by a setting that goes to the server with the statement that writes.
"""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import TextChoices


class Door(TextChoices):
    """The way by which a change came. EARLIER: it was noted before ways were."""

    SCREEN = "screen", "Screen"
    BULK = "bulk", "Bulk action"
    IMPORT = "import", "Import"
    UNDO = "undo", "Import taken back"
    MAIL = "mail", "Received email"
    PUBLIC = "public", "Public page"
    TASK = "task", "Background work"
    COMMAND = "command", "Command line"
    EARLIER = "earlier", "Not recorded"


@dataclass(frozen=True)
class Act:
    """actor: the key of a user; None is Tandem itself. batch: what one act changed shares it."""

    actor: int | None = None
    door: str = Door.COMMAND
    batch: uuid.UUID | None = None


NOBODY = Act()
present: ContextVar[Act] = ContextVar("present", default=NOBODY)


@contextmanager
def acting(
    actor: Any = None, *, door: str | None = None, batch: uuid.UUID | None = None
) -> Iterator[Act]:
    """Note changes that are made inside as this actor's. As a decorator: in the whole function.

    actor: a User or its key; None leaves the one who acts already. door, batch: likewise
    """
    outer = present.get()
    key = getattr(actor, "pk", actor)
    act = Act(
        actor=outer.actor if key is None else key,
        door=door or outer.door,
        batch=batch or outer.batch or uuid.uuid4(),
    )
    token = present.set(act)
    try:
        yield act
    finally:
        present.reset(token)


# What the database is told -----------------------------------------------------------------------

WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


def tell_database(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Let a new connection know who acts. Connected to Django's `connection_created`."""
    if connection.vendor == "sqlite":
        create = connection.connection.create_function
        create("tandem_actor", 0, lambda: present.get().actor)
        create("tandem_door", 0, lambda: present.get().door)
        create("tandem_batch", 0, lambda: getattr(present.get().batch, "hex", None))
    else:
        connection.connection.cursor_factory = acting_cursor()


@cache
def acting_cursor() -> Any:
    """Return psycopg2's cursor that says with each statement that writes who acts."""
    from psycopg2.extensions import cursor

    class ActingCursor(cursor):  # type: ignore[misc]
        def execute(self, query: Any, vars: Any = None) -> Any:
            return super().execute(stamped(query), vars)

        def executemany(self, query: Any, vars_list: Any) -> Any:
            return super().executemany(stamped(query), vars_list)

    return ActingCursor


def stamped(query: Any) -> Any:
    """Return the statement with who acts before it: one message, and one transaction."""
    act = present.get()
    if act is NOBODY or not isinstance(query, str) or not WRITES.match(query):
        return query
    told = {"actor": act.actor, "door": act.door, "batch": act.batch and str(act.batch)}
    return f"SELECT set_config('tandem.act', '{json.dumps(told)}', true); {query}"

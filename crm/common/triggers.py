"""The one list of database triggers: what guards rows that must not change, and what marks others.

A room registers its triggers in its AppConfig.ready. They are put in place after every `migrate`,
because SQLite drops a table's triggers, without a word, when a migration rebuilds that table. On
SQLite they are taken away before a migration runs, too: a table that another table's trigger names
could not be rebuilt otherwise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate


@dataclass(frozen=True)
class Trigger:
    """One trigger. body: what follows its name in CREATE TRIGGER."""

    name: str
    table: str
    body: str

    @property
    def create(self) -> str:
        return f"CREATE TRIGGER {self.name} {self.body.strip()}"


@dataclass(frozen=True)
class TriggerSet:
    """The triggers of one room.

    tables: all that they stand on or name; while one is not there yet, nothing is put in place
    functions: what the triggers on PostgreSQL call, as CREATE OR REPLACE FUNCTION
    """

    tables: frozenset[str]
    sqlite: tuple[Trigger, ...]
    postgresql: tuple[Trigger, ...]
    functions: str

    def wanted(self, vendor: str) -> dict[Trigger, str]:
        """Return each trigger with the mark by which it is known to be today's."""
        if vendor == "sqlite":
            return {trigger: trigger.create for trigger in self.sqlite}
        return {
            trigger: sha256((self.functions + trigger.create).encode()).hexdigest()[:16]
            for trigger in self.postgresql
        }


REGISTERED: dict[str, tuple[TriggerSet, ...]] = {}
"""The triggers by the name of their room."""


def all_sets() -> Iterator[TriggerSet]:
    """Return the sets of all rooms."""
    return chain.from_iterable(REGISTERED.values())


def trouble() -> str:
    """Return what is missing in words that say what to do, "" when nothing is."""
    names = missing(connections[DEFAULT_DB_ALIAS])
    if not names:
        return ""
    return f"Database triggers are missing: {', '.join(names)}. Run `manage.py migrate`."


def register(room: AppConfig, *triggers: TriggerSet) -> None:
    """Keep these triggers in place from now on. Called from the room's AppConfig.ready."""
    REGISTERED[room.name] = triggers
    uid = f"triggers of {room.name}"
    pre_migrate.connect(_before(triggers), sender=room, weak=False, dispatch_uid=uid)
    post_migrate.connect(_after(triggers), sender=room, weak=False, dispatch_uid=uid)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the triggers that are gone, switched off or of an older version. One query."""
    found = standing(connection)
    return sorted(
        trigger.name
        for one in all_sets()
        for trigger, mark in one.wanted(connection.vendor).items()
        if found.get(trigger.name) != mark
    )


def install_all(connection: BaseDatabaseWrapper) -> None:
    """Put every trigger in place; those that stand are not touched."""
    install(all_sets(), connection)


def remove_all(connection: BaseDatabaseWrapper) -> None:
    """Take every trigger away: for emptying a test database."""
    remove(all_sets(), connection)


def install(sets: Iterable[TriggerSet], connection: BaseDatabaseWrapper) -> None:
    """Put triggers in place, newly where they are gone or have changed.

    Where a migration backwards took a table that they name, they are taken away.
    """
    tables = set(connection.introspection.table_names())
    found = standing(connection)
    for triggers in sets:
        if not triggers.tables <= tables:
            remove([triggers], connection)
            continue
        wanted = triggers.wanted(connection.vendor)
        gone = {one: mark for one, mark in wanted.items() if found.get(one.name) != mark}
        if gone:
            create(triggers, gone, connection)


def create(
    triggers: TriggerSet, gone: Mapping[Trigger, str], connection: BaseDatabaseWrapper
) -> None:
    on_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if on_postgresql and triggers.functions:
            cursor.execute(triggers.functions)
        for trigger, mark in gone.items():
            cursor.execute(_drop(trigger, on_postgresql))
            cursor.execute(trigger.create)
            if on_postgresql:
                where = f"{trigger.name} ON {trigger.table}"
                cursor.execute(f"COMMENT ON TRIGGER {where} IS '{mark}'")


def remove(sets: Iterable[TriggerSet], connection: BaseDatabaseWrapper) -> None:
    """Take triggers away."""
    tables = set(connection.introspection.table_names())
    on_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for triggers in sets:
            for trigger in triggers.wanted(connection.vendor):
                if trigger.table in tables:
                    cursor.execute(_drop(trigger, on_postgresql))


def _drop(trigger: Trigger, on_postgresql: bool) -> str:
    return f"DROP TRIGGER IF EXISTS {trigger.name}" + f" ON {trigger.table}" * on_postgresql


def standing(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the triggers that work in this database by name, with their marks."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = """
            SELECT tgname, coalesce(obj_description(pg_trigger.oid, 'pg_trigger'), '')
            FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
            WHERE NOT tgisinternal AND tgenabled <> 'D' AND pg_table_is_visible(pg_class.oid)"""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


Receiver = Callable[..., None]


def _before(triggers: tuple[TriggerSet, ...]) -> Receiver:
    def before_migrate(using: str, plan: list[Any], **kwargs: Any) -> None:
        if plan and connections[using].vendor == "sqlite":
            remove(triggers, connections[using])

    return before_migrate


def _after(triggers: tuple[TriggerSet, ...]) -> Receiver:
    def after_migrate(using: str, **kwargs: Any) -> None:
        install(triggers, connections[using])

    return after_migrate

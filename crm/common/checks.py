"""System checks of the database: `manage.py check --database default`, and before `migrate`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from crm.common import migration_rules, triggers

MISSING = "common.W001"
LOCKS = "common.E002"


@register(Tags.database)
def triggers_are_in_place(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Without its triggers the database no longer guards the ledger, sent quotes and signatures.

    A warning, not an error: an error would stop the very `migrate` that puts them back.
    """
    found: list[CheckMessage] = []
    for alias in databases or ():
        tables = set(connections[alias].introspection.table_names())
        if not all(one.tables <= tables for one in triggers.all_sets()):
            continue  # a database that `migrate` has not made yet
        if names := triggers.missing(connections[alias]):
            text = f"Database triggers are missing in {alias!r}: {', '.join(names)}."
            found.append(Warning(text, hint="Run `manage.py migrate`.", id=MISSING))
    return found


@register(Tags.database)
def migrations_let_people_work(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A migration of today builds the indexes of large tables concurrently."""
    loader = MigrationLoader(None)
    return [
        Error(fault, hint="See crm.common.schema_operations and docs/decisions/0085.", id=LOCKS)
        for migration in loader.disk_migrations.values()
        if migration_rules.is_under_the_rule(migration)
        for fault in migration_rules.faults(migration)
    ]

"""System checks of the database: `manage.py check --database default`, and before `migrate`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from crm.common import triggers

MISSING = "common.W001"


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
        if not all(one.tables <= tables for one in triggers.REGISTERED.values()):
            continue  # a database that `migrate` has not made yet
        if names := triggers.missing(connections[alias]):
            text = f"Database triggers are missing in {alias!r}: {', '.join(names)}."
            found.append(Warning(text, hint="Run `manage.py migrate`.", id=MISSING))
    return found

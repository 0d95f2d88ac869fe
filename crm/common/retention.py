"""What is not kept for ever: each app says what it drops, and `prune` drops it once a day."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

Prune = Callable[[], int]
PRUNES: dict[str, Prune] = {}
"""What is dropped, in words, and the function that drops what is due and says how many."""

AT_ONCE = 500
"""Rows that go in one transaction: on SQLite everybody else waits for it."""


def register_prune(what: str, prune: Prune) -> None:
    """Let `prune` drop what is old. Called from an AppConfig.ready; safe to run twice."""
    PRUNES[what] = prune


def prune_all() -> dict[str, int]:
    """Drop all that is due; return how many of what."""
    return {what: prune() for what, prune in PRUNES.items()}


def drop(rows: QuerySet[Any]) -> int:
    """Delete rows and what hangs on them, some at a time; return how many in all."""
    manager = rows.model._base_manager
    return sum(manager.filter(pk__in=keys).delete()[0] for keys in keys_of(rows))


def keys_of(rows: QuerySet[Any], at_once: int = AT_ONCE) -> Iterator[list[Any]]:
    """Yield the keys of rows, some at a time in their order; who takes them may delete the rows."""
    left = rows.order_by("pk").values_list("pk", flat=True)
    while keys := list(left[:at_once]):
        yield keys
        left = left.filter(pk__gt=keys[-1])

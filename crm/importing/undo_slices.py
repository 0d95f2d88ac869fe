"""Where an undo is: in which step, at which record, until when; and what it had to leave."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Model, QuerySet

from crm.importing.models import Import, ImportedRow
from crm.importing.undo_rules import edited_since, used

CHUNK = 50
"""Records between two looks at the clock."""
PLACE = "undone"
"""Key of the import's options under which a slice leaves its place."""
Rule = Callable[[list[int]], dict[int, str]]


class OutOfTime(Exception):
    """The slice has had its time; what it did so far is whole."""


class Slice:
    """One part of an undo, which goes on where the one before it ended. The newest comes first.

    step, below: where it goes on: in which step, at the keys below this one (None: at the highest)
    kept: what stays so far: {line, what, reason}
    """

    def __init__(self, source: Import, *, until: float) -> None:
        self.source = source
        self.until = until
        place = source.options.get(PLACE) or {}
        self.step: int = place.get("step", 0)
        self.below: int | None = place.get("below")
        self.turn: int = place.get("turn", 0)
        self.door: int | None = place.get("door")
        self.kept: list[dict[str, Any]] = list(source.kept) if place else []

    def next_place(self, door: int) -> dict[str, Any]:
        """Return where the next slice goes on. door: the key of the undo's LedgerDoor"""
        return {"step": self.step, "below": self.below, "turn": self.turn + 1, "door": door}

    def keep(self, line: int, what: object, reason: str) -> None:
        """Name once what stays, and why."""
        entry = {"line": line, "what": str(what), "reason": reason}
        if entry not in self.kept[-CHUNK:]:
            self.kept.append(entry)

    @property
    def kept_by_line(self) -> list[dict[str, Any]]:
        """What stays in the file's order; last what stands in no line."""
        return sorted(self.kept, key=lambda entry: (not entry["line"], entry["line"]))

    def chunks(self, rows: QuerySet[Any]) -> Iterator[list[Any]]:
        """Yield rows of this step, the newest first. Raises OutOfTime behind one when time is up.

        Who takes them deletes them, or they are passed over for good.
        """
        while chunk := list(self.left(rows).order_by("-pk")[:CHUNK]):
            yield chunk
            self.below = chunk[-1].pk
            if time.monotonic() > self.until:
                raise OutOfTime

    def left(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.below is None else rows.filter(pk__lt=self.below)

    def records(self, model: type[Model], *, created: bool) -> Iterator[list[ImportedRow]]:
        """Yield the import's records of a model."""
        return self.chunks(self.source.records.filter(model=model._meta.label, created=created))

    def free(self, model: type[Model], rule: Rule = lambda ids: {}) -> Iterator[list[int]]:
        """Yield the keys of created records that may go; keep the others, with why.

        rule: of some keys, those that must stay, and the reason
        """
        for records in self.records(model, created=True):
            found = model._base_manager.in_bulk([record.object_id for record in records])
            reasons = rule(list(found)) | used(model, list(found))
            done = []
            for record in records:
                stored = found.get(record.object_id)
                reason = reasons.get(record.object_id) or edited_since(stored, record)
                if stored and reason:
                    self.keep(record.line, stored, reason)
                    del found[stored.pk]
                else:
                    done.append(record)
            yield list(found)
            forget(done)


def forget(records: Iterable[ImportedRow]) -> None:
    delete(ImportedRow, pk__in=[record.pk for record in records])


def delete(model: Any, **which: Any) -> None:
    """Delete rows in one statement. The caller has made sure that nothing hangs on them."""
    rows = model._base_manager.filter(**which)
    rows._raw_delete(rows.db)

"""What an import did, counted and noted: the numbers of its report, and the rows for its undo."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model

from crm.importing import bulk
from crm.importing.models import Import, ImportedRow
from crm.importing.planning import WARNING, Problem, Row

COUNTED = ("rows", "created", "updated", "unchanged", "skipped", "refused", "warned")
MOST_PROBLEMS = 200


@dataclass
class Tally:
    """What became of the rows of a batch: the counts, the problems, and the refused rows."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)

    def count(self, row: Row, outcome: str) -> None:
        """Count one row; a refused one counts as that whatever `outcome` says."""
        self.counts["rows"] += 1
        if row.refused:
            self.refused.append(row)
            outcome = "refused"
        self.counts[outcome] += 1
        self.counts["warned"] += any(problem.level == WARNING for problem in row.problems)
        self.problems += row.problems

    def add(self, other: "Tally") -> None:
        """Add another batch; of the problems the first are kept, warnings and errors apart.

        The refused rows are left out: of a large file they are many.
        """
        self.counts += other.counts
        self.problems = first_problems(self.problems + other.problems)


def first_problems(problems: list[Problem]) -> list[Problem]:
    """Return the first problems of each level, in the file's order: no level hides the other."""
    room = {"error": MOST_PROBLEMS // 2, WARNING: MOST_PROBLEMS // 2}
    kept = []
    for problem in problems:
        if room[problem.level]:
            room[problem.level] -= 1
            kept.append(problem)
    return kept


NOTE = ("source_id", "line", "model", "object_id", "created", "before", "after")


class Recorder:
    """Notes each record that an import creates or changes, with its values before and after."""

    def __init__(self, source: Import) -> None:
        self.source = source
        self.rows: list[tuple[Any, ...]] = []

    def created(self, made: Model, line: int = 0, after: dict[str, Any] | None = None) -> None:
        """after: what an undo compares, to see whether somebody has edited the record since"""
        self.note(made, line, True, None, as_json(after))

    def changed(
        self, changed: Model, line: int, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        self.note(changed, line, False, as_json(before), as_json(after))

    def note(self, record: Model, line: int, created: bool, *values: dict[str, Any] | None) -> None:
        self.rows.append((self.source.pk, line, record._meta.label, record.pk, created, *values))

    def save(self) -> None:
        bulk.insert(ImportedRow, NOTE, self.rows)
        self.rows = []


def as_json(values: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: plain(value) for name, value in values.items()} if values is not None else None


def plain(value: Any) -> Any:
    """Return a column's value as JSON keeps it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

"""Imported history, written to the funnel's ledger many rows at a time.

The rows carry the import's id: that is what lets its undo, and nothing else, take them out again.
No handoff, verdict, score or notification follows from them: history is history.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from crm.funnel import ledger
from crm.funnel.causes import Code
from crm.funnel.models import Handoff, StageEntry, StageTransition
from crm.importing import bulk
from crm.importing.history import Step
from crm.importing.models import Import
from crm.stages import Stage, passed
from leads.models import Lead

Moves = list[tuple[Lead, list[Step]]]


MOVE = ("lead_id", "old_stage", "new_stage", "at", "actor_id", "code", "import_id")
ENTRY = ("lead_id", "stage", "at", "implied", "transition_id")


def write_moves(source: Import, moves: Moves) -> list[int]:
    """Append the moves to the ledger, each lead's in its order; return the rows' keys."""
    code, actor = Code.IMPORTED.value, source.created_by_id
    rows = [
        (lead.pk, step.old or "", step.new.value, step.at, actor, code, source.pk)
        for lead, steps in moves
        for step in steps
    ]
    return bulk.insert(StageTransition, MOVE, rows)


def write_new(source: Import, moves: Moves) -> None:
    """Write the moves of leads that this batch created, and their entries."""
    keys = iter(write_moves(source, moves))
    entries = [entry for lead, steps in moves for entry in first_entries(lead, steps, keys)]
    bulk.insert(StageEntry, ENTRY, entries)


def write_more(source: Import, moves: Moves) -> None:
    """Write further moves of leads that were there before, and derive their entries afresh."""
    if moves:
        write_moves(source, moves)
        ledger.rebuild_entries([lead.pk for lead, _ in moves])


def first_entries(
    lead: Lead, steps: list[Step], keys: Iterator[int]
) -> list[tuple[int, str, datetime, bool, int]]:
    """Return a new lead's entries, the first of each stage, as the ledger derives them from moves.

    keys: of the moves, in their order
    """
    found: dict[Stage, tuple[int, str, datetime, bool, int]] = {}
    dated = sorted(((step.at, next(keys), step) for step in steps), key=itemgetter(0, 1))
    for at, key, step in dated:
        for stage in passed(step.old, step.new):
            found.setdefault(stage, (lead.pk, stage.value, at, stage != step.new, key))
    return list(found.values())


def take_stage(lead: Lead, steps: list[Step]) -> None:
    """Set on the object the stage that the last of the steps leads to."""
    if steps:
        lead.stage, lead.stage_since = steps[-1].new, steps[-1].at


@dataclass
class Past:
    """What the ledger knows of some leads already."""

    reached: dict[int, dict[Stage, datetime]] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    """Leads with a handoff that waits: their next move is the rep's answer, not a file's."""

    @classmethod
    def of(cls, leads: Iterable[Lead]) -> "Past":
        ids = [lead.pk for lead in leads]
        past = cls()
        if not ids:
            return past
        for lead, stage, at in StageEntry.objects.filter(lead_id__in=ids).values_list(
            "lead_id", "stage", "at"
        ):
            past.reached.setdefault(lead, {})[Stage(stage)] = at
        waiting = Handoff.objects.waiting().filter(lead_id__in=ids)
        past.waiting = set(waiting.values_list("lead_id", flat=True))
        return past

    def first(self, lead: Lead) -> datetime | None:
        """Return when the lead was first known."""
        return min(self.reached.get(lead.pk, {}).values(), default=None)

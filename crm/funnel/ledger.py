"""The ledger of moves: the only code that writes a lead's stage."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from crm.funnel.causes import Cause, Code
from crm.funnel.models import LedgerDoor, MqlDefinition, StageEntry, StageTransition
from crm.stages import Stage, check_move, passed
from crm.users.models import User
from leads import writing
from leads.models import Lead

COUNT_ANEW = "funnel.count_anew"
"""Effect {}: much was recorded at one time; whoever keeps sums over the entries catches up."""


class LeadMoved(Exception):
    """Another request moved the lead first."""


def enter(lead: Lead, *, actor: User | None, cause: Cause | None = None) -> StageTransition:
    """Record that a new lead has come into the funnel, at the time it was created.

    Inside the transaction that wrote the lead.
    """
    lead.refresh_from_db(fields=["created_at", "stage", "stage_since"])
    return write(lead, None, Stage.LEAD, at=lead.created_at, actor=actor, cause=cause)


@transaction.atomic
def move(
    lead: Lead,
    to: Stage,
    *,
    actor: User | None,
    cause: Cause | None = None,
    definition: MqlDefinition | None = None,
) -> StageTransition:
    """Move `lead` to stage `to` and record the step.

    Raises MoveNotAllowed if the funnel has no such arrow, LeadMoved if another
    request moved the lead first, NotTheirs if the move is not the actor's to make.
    """
    return step(lead, to, actor=actor, cause=cause, definition=definition)


def step(
    lead: Lead,
    to: Stage,
    *,
    actor: User | None,
    cause: Cause | None = None,
    definition: MqlDefinition | None = None,
    **also: Any,
) -> StageTransition:
    """Do what `move` does inside a transaction that the caller has open: one round trip less.

    also: other columns of the lead that change with the stage, in the same UPDATE
    """
    [transition] = step_all([lead], to, actor=actor, cause=cause, definition=definition, also=also)
    return transition


def step_all(
    leads: Sequence[Lead],
    to: Stage,
    *,
    actor: User | None,
    cause: Cause | None = None,
    definition: MqlDefinition | None = None,
    also: Mapping[str, Any] | None = None,
) -> list[StageTransition]:
    """Move many leads: one UPDATE for each stage that they come from. All of them, or none.

    Raises MoveNotAllowed, LeadMoved and NotTheirs as `move` does.
    """
    for old in {Stage(lead.stage) for lead in leads}:
        check_move(old, to)
        writing.check_move(actor, old, to)
    return set_stage(leads, to, actor=actor, cause=cause, definition=definition, also=also)


def set_stage(
    leads: Sequence[Lead],
    to: Stage,
    *,
    actor: User | None,
    cause: Cause | None = None,
    definition: MqlDefinition | None = None,
    reverts: StageTransition | None = None,
    also: Mapping[str, Any] | None = None,
) -> list[StageTransition]:
    """Write the stage by a conditional UPDATE, and the ledger rows; see `move`."""
    at, old_stages = now(), [Stage(lead.stage) for lead in leads]
    values = {"stage": to, "stage_since": at, **(also or {})}
    for old in set(old_stages):
        pks = [lead.pk for lead in leads if lead.stage == old]
        if Lead.objects.filter(pk__in=pks, stage=old).update(**values) != len(pks):
            raise LeadMoved(*pks)
    for lead in leads:
        for field, value in values.items():
            setattr(lead, field, value)
    return append(
        [
            StageTransition(
                lead=lead,
                old_stage=old,
                new_stage=to,
                at=at,
                actor=actor,
                definition=definition,
                reverts=reverts,
                **columns(cause),
            )
            for lead, old in zip(leads, old_stages, strict=True)
        ]
    )


def write(
    lead: Lead,
    old: Stage | None,
    to: Stage,
    *,
    at: datetime,
    actor: User | None,
    cause: Cause | None = None,
    reverts: StageTransition | None = None,
) -> StageTransition:
    """Append one row to the ledger and, where a stage is reached first, to the entries."""
    transition = StageTransition(
        lead=lead,
        old_stage=old or "",
        new_stage=to,
        at=at,
        actor=actor,
        reverts=reverts,
        **columns(cause),
    )
    return append([transition])[0]


def columns(cause: Cause | None) -> dict[str, Any]:
    """Return how a row of the ledger keeps why it was written."""
    if cause is None:
        return {}
    return {"code": cause.code, "about_id": cause.about, "day": cause.day}


def append(transitions: list[StageTransition]) -> list[StageTransition]:
    """Append rows to the ledger and, where stages are reached first, to the entries."""
    StageTransition.objects.bulk_create(transitions)
    made = [entry for row in transitions if row.reverts_id is None for entry in entries(row)]
    StageEntry.objects.bulk_create(made, ignore_conflicts=True)
    return transitions


def entries(transition: StageTransition) -> list[StageEntry]:
    """Return the entries that a transition makes, unless an earlier one made them already."""
    old = Stage(transition.old_stage) if transition.old_stage else None
    to = Stage(transition.new_stage)
    return [
        StageEntry(
            lead_id=transition.lead_id,
            stage=stage,
            at=transition.at,
            implied=stage != to,
            transition=transition,
        )
        for stage in passed(old, to)
    ]


@transaction.atomic
def take_back(transition: StageTransition, *, actor: User | None) -> StageTransition:
    """Undo the last move of a lead that counts: a second move back, after which neither counts.

    Moves that were taken back are passed over, so that one act of two moves can be undone whole.
    Raises LeadMoved if the lead has moved on since, or the move was taken back before.
    """
    lead = Lead.objects.select_for_update().get(pk=transition.lead_id)
    last = lead.transitions.filter(reverts=None, reverted_by=None).order_by("pk").last()
    if last != transition or transition.reverts_id or not transition.old_stage:
        raise LeadMoved(lead.pk)
    if lead.stage != transition.new_stage:
        raise LeadMoved(lead.pk)
    to = Stage(transition.old_stage)
    [back] = set_stage([lead], to, actor=actor, cause=Cause(Code.TAKEN_BACK), reverts=transition)
    rebuild_entries([lead.pk])
    return back


def rebuild_entries(lead_ids: list[int]) -> None:
    """Derive the entries of these leads afresh from the ledger."""
    StageEntry.objects.filter(lead_id__in=lead_ids).delete()
    counted = StageTransition.objects.filter(
        lead_id__in=lead_ids, reverts=None, reverted_by=None
    ).order_by("at", "pk")
    made = [entry for transition in counted for entry in entries(transition)]
    StageEntry.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)


@contextmanager
def open_door(
    import_id: int, *, actor: User | None, again: int | None = None
) -> Iterator[LedgerDoor]:
    """Let the ledger rows of one import be deleted inside this block, and record that it was.

    again: the key of the door that an earlier part of the same undo had opened

    The door is shut before the transaction ends; if the block fails, nothing happened.
    """
    with transaction.atomic():
        door = LedgerDoor.objects.filter(pk=again, import_id=import_id).first() if again else None
        if door is None:
            door = LedgerDoor.objects.create(import_id=import_id, opened_by=actor)
        mine = LedgerDoor.objects.filter(pk=door.pk)
        mine.update(closed_at=None)
        yield door
        mine.update(closed_at=Now())

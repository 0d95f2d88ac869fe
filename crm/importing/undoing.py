"""Taking an import back: what it created goes, what it changed is as before.

It goes in slices, each a transaction that ends after SLICE_SECONDS and leaves its place behind, so
that no task outlives its limit and nobody waits for a lock on a million rows. What is done in
which order stands in undo_steps, what stays and why in undo_rules.

What later work stands on stays and is named: a lead that has since been offered, edited or moved,
a value that somebody has changed again. An undo can be repeated once that work is gone.
"""

import time
from contextlib import AbstractContextManager
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Count
from django.utils.timezone import now

from crm.audit import services as audit
from crm.audit.acting import Door, acting
from crm.funnel import ledger
from crm.funnel.models import LedgerDoor
from crm.importing import rights, undo_steps
from crm.importing.models import Import
from crm.importing.services import UNDO, NotReady, tell
from crm.importing.undo_slices import PLACE, Slice
from crm.importing.writer import batch_id
from crm.outbox import services as outbox
from crm.users.models import User

SLICE_SECONDS = 0.2
"""Seconds after which a slice begins no further chunk: on SQLite it holds the only write lock."""
MOST_KEPT = 500


def undo(source: Import, *, actor: User | None) -> Import:
    """Take the import back, slice after slice, and say what had to stay (`source.kept`).

    Raises NotReady if it runs, was never run, or has nothing left to take back.
    """
    source = undo_slice(source, actor=actor)
    while source.state == Import.State.UNDOING:
        source = undo_slice(source, actor=actor)
    return source


@transaction.atomic
def undo_slice(source: Import, *, actor: User | None) -> Import:
    """Take a part of the import back; its state is UNDOING until the last part is. One transaction.

    Raises NotReady as `undo` does.
    """
    until = time.monotonic() + SLICE_SECONDS
    locked = Import.objects.select_for_update().get(pk=source.pk)
    if not (locked.can_undo or locked.state == Import.State.UNDOING):
        raise NotReady("There is nothing to take back.")
    part = Slice(locked, until=until)
    with ledger.open_door(locked.pk, actor=actor, again=part.door) as door, undoing(locked, actor):
        finished = undo_steps.run(part)
    locked.kept = part.kept_by_line[:MOST_KEPT]
    if finished:
        locked.options.pop(PLACE, None)
        locked.state, locked.undone_at, locked.undone_by = Import.State.UNDONE, now(), actor
    else:
        locked.options[PLACE] = part.next_place(door.pk)
        locked.state = Import.State.UNDOING
    locked.save(update_fields=["kept", "options", "state", "undone_at", "undone_by"])
    return locked


def undoing(source: Import, actor: User | None) -> AbstractContextManager[Any]:
    """Note what is put back as this undo's, with the batch of the import itself."""
    return acting(actor, door=Door.UNDO, batch=batch_id(source))


@transaction.atomic
def ask_to_undo(source: Import, *, actor: User) -> None:
    """Ask that the import is taken back in the background.

    Raises NotReady if it cannot be, NotTheirs if the actor may not write what it wrote.
    """
    rights.check(actor, source.kind, source.mapping)
    locked = Import.objects.select_for_update().get(pk=source.pk)
    if not locked.can_undo:
        raise NotReady("There is nothing to take back.")
    locked.state = Import.State.UNDOING
    locked.save(update_fields=["state"])
    turn = LedgerDoor.objects.filter(import_id=locked.pk).count()
    payload = {"import": locked.pk, "actor": actor.pk}
    audit.record(actor, audit.Area.IMPORTS, f"Import of {locked.file_name} taken back",
                 url=f"/imports/{locked.pk}/")  # fmt: skip
    outbox.enqueue(UNDO, f"undo:{locked.pk}:{turn}", payload)


def carry_undo(payload: dict[str, Any]) -> None:
    """The effect UNDO. Safe to run twice: an undone import is left alone."""
    source = Import.objects.filter(pk=payload["import"], state=Import.State.UNDOING).first()
    if source is None:
        return
    source = undo_slice(source, actor=User.objects.filter(pk=payload["actor"]).first())
    if source.state == Import.State.UNDONE:
        tell(source, "what it brought in was taken back")
    else:
        place = source.options[PLACE]
        outbox.enqueue(UNDO, f"undo:{source.pk}:{place['door']}:{place['turn']}", payload)


def what_goes(source: Import) -> list[tuple[str, int]]:
    """Return what an undo would delete, and how many of each; last what it would change back."""
    made = source.records.filter(created=True).values("model").annotate(n=Count("pk"))
    counts = {row["model"]: row["n"] for row in made.order_by("model")}
    found = [(apps.get_model(label)._meta, n) for label, n in counts.items()]
    goes = [
        (str(meta.verbose_name if n == 1 else meta.verbose_name_plural), n) for meta, n in found
    ]
    changed = source.records.filter(created=False).count()
    return [*goes, ("changed records, put back as they were", changed)] if changed else goes

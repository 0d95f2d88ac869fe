"""Taking an import back: what it created goes, what it changed is as before.

It goes in slices, each a transaction that ends after SLICE_SECONDS and leaves its place behind, so
that no task outlives its limit and nobody waits for a lock on a million rows.

What later work stands on stays and is named: a lead that has since been offered, edited or moved,
a value that somebody has changed again. An undo can be repeated once that work is gone.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Count, Exists, F, Model, OuterRef, Q
from django.utils.timezone import localdate, now

from campaigns.models import Touch
from campaigns.services.touches import take_back
from crm.audit import services as audit
from crm.common.keys import keys_of
from crm.funnel import ledger
from crm.funnel.models import LedgerDoor, StageEntry, StageTransition
from crm.importing import consent_records, deal_rows, lead_rows, marketing_rows, rights
from crm.importing.bulk import column
from crm.importing.models import Import, ImportedRow
from crm.importing.records import plain
from crm.importing.services import UNDO, NotReady, tell
from crm.importing.writer import batch_id
from crm.outbox import services as outbox
from crm.users.models import Organisation, User
from deals.models import Deal, DealMove
from leads import addresses
from leads.models import Consent, Lead, LeadChange
from leads.services import search_key

CHUNK = 500
SLICE_SECONDS = 10.0
"""Seconds after which a slice begins no further chunk."""
MOST_KEPT = 500
OWN = {
    "funnel.StageTransition", "funnel.StageEntry", "leads.LeadChange", "leads.EmailAddress",
    "leads.PhoneNumber", "leads.Consent", "deals.DealMove",
}  # fmt: skip
"""Rows that an import writes beside its records; whose they are is asked on its own."""
PLACE = "undo"
"""Key of the import's options under which a slice leaves its place."""
Rule = Callable[[list[int]], dict[int, str]]
LISTS = (
    "leads.Company", "campaigns.Campaign", "leads.Channel", "users.User", "mailing.Suppression",
)  # fmt: skip


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
    locked = Import.objects.select_for_update().get(pk=source.pk)
    if not (locked.can_undo or locked.state == Import.State.UNDOING):
        raise NotReady("There is nothing to take back.")
    work = Undo(locked, until=time.monotonic() + SLICE_SECONDS)
    with ledger.open_door(locked.pk, actor=actor):
        finished = work.run()
    locked.kept = work.kept[:MOST_KEPT]
    if finished:
        locked.options.pop(PLACE, None)
        locked.state, locked.undone_at, locked.undone_by = Import.State.UNDONE, now(), actor
    else:
        locked.options[PLACE] = {"step": work.step, "after": work.after, "turn": work.turn + 1}
        locked.state = Import.State.UNDOING
    locked.save()
    return locked


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
        door = LedgerDoor.objects.filter(import_id=source.pk).count()
        outbox.enqueue(UNDO, f"undo:{source.pk}:{door}:{source.options[PLACE]['turn']}", payload)


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


class OutOfTime(Exception):
    """The slice has had its time; what it did so far is whole."""


class Undo:
    """One slice of an undo. `kept` gathers what stays: {line, what, reason}.

    step, after: where it goes on: which step, behind which record
    """

    def __init__(self, source: Import, *, until: float) -> None:
        self.source = source
        self.until = until
        place = source.options.get(PLACE) or {"step": 0, "after": 0, "turn": 0}
        self.step, self.after, self.turn = place["step"], place["after"], place["turn"]
        self.kept: list[dict[str, Any]] = list(source.kept) if self.turn else []
        self.held: set[int] = set()
        """Leads that must stay as they are, because a deal of the import that stays is theirs."""

    def steps(self) -> list[Callable[[], None]]:
        lists: list[Any] = [*marketing_rows.NOTED, *map(apps.get_model, LISTS)]
        return [
            self.drop_deals,
            partial(self.restore, Deal, deal_rows.NOTED),
            self.drop_touches,
            self.drop_leads,
            self.take_back_moves,
            partial(self.restore, Lead, lead_rows.NOTED),
            *(partial(self.restore, *noted) for noted in marketing_rows.NOTED.items()),
            *(partial(self.drop_unused, model) for model in lists),
        ]

    def run(self) -> bool:
        """Do the steps that are left; False if the time was up before the last one ended."""
        steps = self.steps()
        if self.step:
            self.find_held()
        try:
            for number in range(self.step, len(steps)):
                self.step = number
                steps[number]()
                self.after = 0
        except OutOfTime:
            return False
        return True

    def find_held(self) -> None:
        """Find which leads a deal or a record of their own keeps, as earlier slices left it."""
        left = self.source.records.filter(created=True)
        deals = left.filter(model=Deal._meta.label).values("object_id")
        self.held = set(Deal.objects.filter(pk__in=deals).values_list("lead_id", flat=True))
        if self.steps()[self.step :].count(self.drop_leads) == 0:
            leads = left.filter(model=Lead._meta.label)
            self.held |= set(leads.values_list("object_id", flat=True))

    def check_time(self) -> None:
        if time.monotonic() > self.until:
            raise OutOfTime

    def keep(self, record: ImportedRow, what: object, reason: str) -> None:
        self.kept.append({"line": record.line, "what": str(what), "reason": reason})

    def records(self, model: type[Model], *, created: bool) -> Iterator[dict[int, ImportedRow]]:
        """Return the import's records of a model in chunks, by the key of what they are about."""
        rows = self.source.records.filter(model=model._meta.label, created=created)
        while chunk := list(rows.filter(pk__gt=self.after).order_by("pk")[:CHUNK]):
            yield {record.object_id: record for record in chunk}
            self.after = chunk[-1].pk
            self.check_time()

    def drop(self, model: type[Model], rule: Rule) -> Iterator[list[int]]:
        """Return in chunks the keys of created records that may go; keep the others, with why.

        rule: of some keys, those that must stay, and the reason
        """
        for records in self.records(model, created=True):
            found = model._base_manager.in_bulk(list(records))
            reasons = rule(list(found)) | used(model, list(found))
            free = {}
            for pk, record in records.items():
                stored = found.get(pk)
                reason = reasons.get(pk) or (edited_since(stored, record) if stored else "")
                if stored and reason:
                    self.keep(record, stored, reason)
                else:
                    free[pk] = record
            yield [pk for pk in free if pk in found]
            forget(free.values())

    # Deals and leads --------------------------------------------------------------------------

    def drop_deals(self) -> None:
        for ids in self.drop(Deal, self.deals_whose_lead_moved):
            delete(DealMove, deal_id__in=ids)
            delete(Deal, pk__in=ids)
        left = self.source.records.filter(model=Deal._meta.label, created=True)
        stay = Deal.objects.filter(pk__in=left.values("object_id"))
        self.held = set(stay.values_list("lead_id", flat=True))

    def deals_whose_lead_moved(self, ids: list[int]) -> dict[int, str]:
        """A deal stays if its lead has moved since the import moved it."""
        rows = Deal.objects.filter(pk__in=ids)
        overtaken = self.overtaken().filter(lead__in=rows.values("lead"))
        moved = set(overtaken.values_list("lead_id", flat=True))
        return {
            pk: "Its lead has moved through the funnel since."
            for pk, lead in rows.values_list("pk", "lead_id")
            if lead in moved
        }

    def overtaken(self) -> models.QuerySet[StageTransition]:
        """Return the import's moves that are not the last of their leads."""
        own = StageTransition.objects.filter(import_id=self.source.pk)
        later = StageTransition.objects.filter(lead=OuterRef("lead"), pk__gt=OuterRef("pk"))
        return own.filter(Exists(later.filter(not_of(self.source))))

    def drop_touches(self) -> None:
        for ids in self.drop(Touch, lambda ids: {}):
            take_back(ids)

    def drop_leads(self) -> None:
        for ids in self.drop(Lead, self.leads_with_other_moves):
            delete(StageEntry, lead_id__in=ids)
            delete(StageTransition, lead_id__in=ids, import_id=self.source.pk)
            delete(LeadChange, lead_id__in=ids, batch=batch_id(self.source))
            for kind in addresses.KINDS:
                delete(kind.model, lead_id__in=ids)
            delete(Consent, lead_id__in=ids)
            delete(Lead, pk__in=ids)
        left = self.source.records.filter(model=Lead._meta.label, created=True)
        self.held |= set(left.values_list("object_id", flat=True))

    def leads_with_other_moves(self, ids: list[int]) -> dict[int, str]:
        others = StageTransition.objects.filter(not_of(self.source), lead_id__in=ids)
        moved = others.values_list("lead_id", flat=True)
        edits = LeadChange.objects.filter(lead_id__in=ids).exclude(batch=batch_id(self.source))
        reasons = dict.fromkeys(edits.values_list("lead_id", flat=True), "Edited since.")
        return reasons | dict.fromkeys(moved, "It has moved through the funnel since.")

    def take_back_moves(self) -> None:
        """Take the moves of leads that were there before out of the ledger, where they are last."""
        own = StageTransition.objects.filter(import_id=self.source.pk)
        blocked = self.overtaken().values_list("lead_id", flat=True)
        stay = self.held | set(blocked)
        ids = sorted(set(own.values_list("lead_id", flat=True)) - stay)
        for chunk in chunks(ids):
            delete(StageEntry, lead_id__in=chunk)
            delete(StageTransition, lead_id__in=chunk, import_id=self.source.pk)
            ledger.rebuild_entries(chunk)
            self.set_stages(chunk)
            self.check_time()
        for lead in Lead.objects.filter(pk__in=set(blocked) - self.held):
            self.kept.append(
                {"line": 0, "what": str(lead), "reason": "It has moved through the funnel since."}
            )

    def set_stages(self, ids: list[int]) -> None:
        """Put these leads back to the stage that the last move left in the ledger leads to."""
        last: dict[int, StageTransition] = {}
        for transition in StageTransition.objects.filter(lead_id__in=ids).order_by("pk"):
            last[transition.lead_id] = transition
        leads = list(Lead.objects.filter(pk__in=last))
        for lead in leads:
            lead.stage, lead.stage_since = last[lead.pk].new_stage, last[lead.pk].at
        Lead.objects.bulk_update(leads, ["stage", "stage_since"], batch_size=CHUNK)

    # What was changed -------------------------------------------------------------------------

    def restore(self, model: Any, columns: Iterable[str]) -> None:
        """Give changed records their values back, but not those that were changed again since."""
        for records in self.records(model, created=False):
            found = model._base_manager.in_bulk(list(records))
            rows = self.source.records.filter(
                model=model._meta.label, created=False, object_id__in=list(found)
            )
            changed = set()
            for record in rows.order_by("-pk"):
                if self.put_back(found[record.object_id], record):
                    changed.add(record.object_id)
            self.save(model, [found[pk] for pk in changed], columns)
            forget(records.values())

    def put_back(self, stored: Any, record: ImportedRow) -> bool:
        """Set the earlier values of one record on its object; True if any was set."""
        before, after = record.before or {}, record.after or {}
        again = [name for name in after if plain(getattr(stored, name)) != after[name]]
        for name in after.keys() - set(again):
            setattr(stored, name, from_plain(stored, name, before.get(name)))
        if again:
            fields = ", ".join(name.removesuffix("_id").replace("_", " ") for name in again)
            self.keep(record, stored, f"Edited since: {fields}.")
        return len(again) < len(after)

    def save(self, model: Any, objects: list[Any], columns: Iterable[str]) -> None:
        """Write restored objects, and what follows from their values."""
        extra: dict[str, Callable[[Any], Any]] = {}
        if model in (Lead, Deal):
            extra["team_id"] = team_of_owner
        if model is Deal:
            extra["closed_on"] = day_of_close
        if model is Lead:
            extra["search_key"] = search_key
            delete(LeadChange, lead_id__in=[o.pk for o in objects], batch=batch_id(self.source))
        for stored in objects:
            for name, derive in extra.items():
                setattr(stored, name, derive(stored))
        derived = {name for stored in objects for name in keys_of(stored)}
        names = [column(model, name).name for name in (*columns, *extra, *derived)]
        if model is Deal:
            Deal.objects.filter(pk__in=[deal.pk for deal in objects]).update(
                version=F("version") + 1
            )
        model._base_manager.bulk_update(objects, names, batch_size=CHUNK)
        if model is Lead:
            addresses.write(objects)
            consent_records.take_back(self.source, objects)

    # Channels, campaigns, companies, users ------------------------------------------------------

    def drop_unused(self, model: Any) -> None:
        """Delete what the import added to a list, unless something uses it by now."""
        for ids in self.drop(model, lambda ids: {}):
            delete(model, pk__in=ids)


def not_of(source: Import) -> Q:
    """Select the moves that anything but this import wrote."""
    return ~Q(import_id=source.pk) | Q(import_id=None)


def chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def delete(model: Any, **which: Any) -> None:
    """Delete rows in one statement. The caller has made sure that nothing hangs on them."""
    rows = model._base_manager.filter(**which)
    rows._raw_delete(rows.db)


def forget(records: Iterable[ImportedRow]) -> None:
    delete(ImportedRow, pk__in=[record.pk for record in records])


def used(model: type[Model], ids: list[int]) -> dict[int, str]:
    """Return which of these rows others point to, and what does.

    Every relation of every app counts, but those that the import writes itself.
    """
    busy: dict[int, str] = {}
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        if other._meta.label in OWN and model is not User:
            continue
        if isinstance(relation, models.ManyToManyRel):
            other, column = relation.through, relation.field.m2m_reverse_field_name()
        else:
            column = relation.field.name
        rows = other._base_manager.filter(**{f"{column}__in": ids})
        name = f"{other._meta.verbose_name}"
        for pk in rows.values_list(column, flat=True).distinct():
            busy.setdefault(pk, f"Used by a {name} since.")
    return busy


def edited_since(stored: Model, record: ImportedRow) -> str:
    """Return which fields of a created record differ from what the import wrote."""
    after = dict(record.after or {})
    if isinstance(stored, Lead) and after.pop(lead_rows.PRINT, None):
        same = lead_rows.fingerprint(stored) == (record.after or {})[lead_rows.PRINT]
        return "" if same else "Edited since."
    again = [name for name in after if plain(getattr(stored, name)) != after[name]]
    fields = ", ".join(name.removesuffix("_id").replace("_", " ") for name in again)
    return f"Edited since: {fields}." if again else ""


def from_plain(stored: Model, name: str, value: Any) -> Any:
    """Return a value as the column holds it, from how JSON keeps it."""
    return value if value is None else column(type(stored), name).to_python(value)


def day_of_close(deal: Any) -> date | None:
    """Return the day of a closed deal; what older imports noted holds only its moment."""
    if deal.closed_at is None:
        return None
    return deal.closed_on or localdate(deal.closed_at, Organisation.get().zone)


def team_of_owner(stored: Any) -> int | None:
    return stored.owner.team_id if stored.owner else None

"""What both kinds of import share: matching a batch of rows with what is there, then writing it.

`match` only reads: it is the dry run. `write` then writes, inside the caller's transaction.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model

from crm.audit.acting import Door, acting
from crm.importing.models import Import
from crm.importing.planning import Row
from crm.importing.records import Recorder, Tally
from crm.users.models import Scope, User
from leads.addresses import EMAILS
from leads.models import EmailAddress, Lead

M = TypeVar("M", bound=Model)
SKIP, UPDATE, CREATE = Import.Duplicates.values
HIDDEN = "A record with this identity exists, but is not yours to change."


class Wish(Generic[M]):
    """What is to become of one record: the rows that speak of it, and what it is so far."""

    def __init__(self, row: Row, found: M | None) -> None:
        self.row = row
        self.found = found
        self.outcome = ""
        self.repeats: list[Row] = []
        self.changes: dict[str, Any] = {}

    def merge(self, row: Row) -> None:
        """Take in a further row of the same record: what it says comes later and so prevails."""
        self.repeats.append(row)
        self.row.values |= row.values
        self.row.dates |= row.dates


class Writer(ABC, Generic[M]):
    """Matches and writes the rows of one import, a batch at a time.

    seen: identities that a dry run met in earlier batches; None when it really writes
    """

    def __init__(
        self, source: Import, *, actor: User | None, now: datetime, seen: set[int] | None = None
    ) -> None:
        self.source = source
        self.actor = actor
        self.now = now
        self.seen = seen
        self.policy = source.duplicates
        self.recorder = Recorder(source)
        self.batch_id = batch_id(source)

    @property
    def is_dry(self) -> bool:
        return self.seen is not None

    def run(self, rows: list[Row]) -> Tally:
        """Bring in the rows, or in a dry run only say what would become of them."""
        wishes = self.match([row for row in rows if not row.refused])
        if not self.is_dry:
            with acting(self.actor, door=Door.IMPORT, batch=self.batch_id):
                self.write(wishes)
                self.recorder.save()
        return self.tally(rows, wishes)

    @abstractmethod
    def match(self, rows: list[Row]) -> list[Wish[M]]:
        """Return what the rows wish for, each with the stored record that it means."""

    @abstractmethod
    def write(self, wishes: list[Wish[M]]) -> None:
        """Create and change the records, and note each for the undo."""

    def gather(self, rows: Iterable[Row]) -> list[Wish[M]]:
        """Return a wish for each record; rows of one record are merged into its first."""
        wishes: list[Wish[M]] = []
        by_key: dict[Any, Wish[M]] = {}
        for row in rows:
            found = self.find(row)
            keys = self.identities(row) + ([("pk", found.pk)] if found else [])
            earlier = {id(by_key[key]): by_key[key] for key in keys if key in by_key}
            if earlier and not (self.policy == CREATE and keys[0][0] == "name"):
                self.repeat(list(earlier.values()), row, found)
                by_key |= {key: wish for wish in earlier.values() for key in keys}
                continue
            wish = Wish(row, found)
            wishes.append(wish)
            by_key.update(dict.fromkeys(keys, wish))
        return wishes

    def repeat(self, earlier: list[Wish[M]], row: Row, found: M | None) -> None:
        """Take a further row of a record into its first, or refuse it where they disagree."""
        wish = earlier[0]
        ids = {row.values.get("external_id"), wish.row.values.get("external_id")} - {None}
        if len(earlier) > 1 or len(ids) > 1 or (found or wish.found) != wish.found:
            row.refuse("It shares its identity with two different records.")
        elif self.policy == CREATE:
            row.refuse("The file has this record before.")
        elif self.policy == UPDATE:
            wish.merge(row)
        else:
            wish.repeats.append(row)

    @abstractmethod
    def identities(self, row: Row) -> list[tuple[Any, ...]]:
        """Return by what a row says which record it means, the strongest first."""

    @abstractmethod
    def find(self, row: Row) -> M | None:
        """Return the stored record that the row means; refuse the row where that is not clear."""

    def repeated(self, row: Row) -> bool:
        """Return whether a dry run met the record in an earlier batch; remember it."""
        if self.seen is None:
            return False
        keys = {hash(key) for key in self.identities(row)}
        known = not keys.isdisjoint(self.seen)
        self.seen |= keys
        return known

    def hidden_from_actor(self, model: Any, ids: Iterable[int]) -> set[int]:
        """Return which of these records lie outside the row scope of who imports."""
        if self.actor is None or self.actor.scope == Scope.ALL:
            return set()
        seen = model.objects.visible_to(self.actor).filter(pk__in=list(ids))
        return set(ids) - set(seen.values_list("pk", flat=True))

    def decide(self, wish: Wish[M]) -> None:
        """Write the outcome of a wish that is not refused: created, updated, unchanged, skipped."""
        if wish.found is None:
            repeat = self.repeated(wish.row)
            wish.outcome = "created" if not repeat else self.policy_word()
        elif self.policy == SKIP:
            wish.outcome = "skipped"
        elif self.policy == CREATE:
            wish.row.refuse("It is there already.")
        else:
            wish.outcome = "updated" if wish.changes else "unchanged"

    def policy_word(self) -> str:
        return "skipped" if self.policy == SKIP else "updated"

    def tally(self, rows: list[Row], wishes: list[Wish[M]]) -> Tally:
        """Count what became of every row, in the file's order."""
        outcomes: dict[int, str] = {}
        for wish in wishes:
            outcomes[wish.row.line] = wish.outcome
            for row in wish.repeats:
                if wish.row.refused:
                    row.refuse(f"It repeats line {wish.row.line}, which was refused.")
                outcomes[row.line] = self.policy_word()
        tally = Tally()
        for row in rows:
            tally.count(row, outcomes.get(row.line, "refused"))
        return tally


class OfLeads(Writer[M]):
    """What rows about leads share: the leads they name, by external ID or e-mail."""

    leads: dict[str, Lead]

    def stored_leads(self, names: set[str]) -> dict[str, Lead]:
        """Return the leads by the external ID or e-mail that names them, locked while we write."""
        lower = {name.lower() for name in names if "@" in name}
        leads = Lead.objects.select_related("owner")
        if not self.is_dry:
            leads = leads.select_for_update(of=("self",))
        found = list(leads.filter(external_id__in=names)) if names else []
        if lower:
            rows = EmailAddress.objects.filter(address__in=lower)
            found += leads.filter(pk__in=rows.values("lead"))
        hidden = self.hidden_from_actor(Lead, {lead.pk for lead in found})
        known: dict[str, Lead] = {}
        one = {lead.pk: lead for lead in found if lead.pk not in hidden}
        for lead in one.values():
            known.update(dict.fromkeys(EMAILS.of(lead), lead))
        for lead in one.values():
            known[lead.external_id or ""] = lead
        known.pop("", None)
        return known

    def lead_of(self, row: Row) -> Lead | None:
        name = row.values.get("lead", "")
        return self.leads.get(name) or self.leads.get(name.lower())

    def refuse_unknown(self, row: Row) -> None:
        name = row.values["lead"]
        row.refuse(f"There is no lead with the external ID or e-mail “{name}”.", "lead")


def batch_id(source: Import) -> uuid.UUID:
    """Return the id that the lines of history of one import share."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"tandem-import:{source.pk}")

"""Leads from a file: found by external ID, e-mail, or name and company; then created or updated."""

from datetime import datetime
from operator import itemgetter
from typing import Any
from zlib import crc32

from crm.common.folding import sort_key
from crm.importing import bulk, consent_records, ledger_rows
from crm.importing.consent_rows import (
    STANDS,
    consent_of,
    merge_consent,
    refuse_consent_of_suppressed,
    suppress_opted_out,
)
from crm.importing.history import Step, in_order, steps
from crm.importing.ledger_rows import Past
from crm.importing.planning import Row
from crm.importing.references import Book, Campaigns, Channels, Companies, Users, names_of
from crm.importing.writer import CREATE, HIDDEN, UPDATE, Wish, Writer
from crm.stages import Stage
from leads import addresses
from leads.addresses import EMAILS, KINDS, PHONES
from leads.models import EmailAddress, Lead
from leads.names import PARTS, follow_name
from leads.normalising import SEPARATOR, phone_number, several
from leads.services import phone_country, search_key
from leads.writing import may_move

PLAIN = ("external_id", "name", "email", "phone", "job_title", "country", "notes")
"""Columns that a row writes as they stand in it."""
MORE = ("more_emails", "more_phones", *PARTS)
LINKS = ("company", "channel", "campaign", "owner")
PRINTED = (*PLAIN, "company_id", "channel_id", "campaign_id", "owner_id", "consent")
"""Columns that tell whether a created lead was edited since. Changing them makes the prints of
earlier imports worthless; for what is not in here, the undo asks the history."""
NOTED = (*PRINTED, *MORE)
"""Columns whose values are kept for the undo."""
printed_of = itemgetter(*PRINTED)
INSERTED = (
    *PLAIN, *MORE, "company_id", "channel_id", "campaign_id", "owner_id", "team_id", "consent",
    "consent_at", "consent_source", "consent_asked_at", "search_key", "sort_key", "stage",
    "stage_since",
    "score", "created_at", "created_by_id",
)  # fmt: skip
PRINT = "print"
WRITTEN = (
    *PLAIN, *MORE, "company", "channel", "campaign", "owner", "team", "consent", "consent_at",
    "consent_source", "consent_asked_at", "search_key", "sort_key", "stage", "stage_since",
)  # fmt: skip


class LeadWriter(Writer[Lead]):
    """Matches and writes rows of leads."""

    def match(self, rows: list[Row]) -> list[Wish[Lead]]:
        self.look_up(rows)
        refuse_consent_of_suppressed(rows)
        wishes = self.gather(rows)
        found = [wish.found for wish in wishes if wish.found]
        hidden = self.hidden_from_actor(Lead, {lead.pk for lead in found})
        dated = [wish.found for wish in wishes if wish.found and self.tells_history(wish.row)]
        self.past = Past.of(dated)
        for wish in wishes:
            if wish.found and wish.found.pk in hidden:
                wish.row.refuse(HIDDEN)
            if wish.found and self.policy == UPDATE:
                wish.changes = self.changes(wish)
            if not wish.found:
                self.check_moves(wish.row, self.first_steps(wish.row))
            self.decide(wish)
        return wishes

    def look_up(self, rows: list[Row]) -> None:
        """Load what the rows name: channels, campaigns, owners, companies, and the leads."""
        self.channels = Channels(names_of(rows, "channel"))
        self.campaigns = Campaigns(names_of(rows, "campaign"))
        self.users = Users(names_of(rows, "owner"))
        self.companies = Companies(rows)
        self.by_id: dict[str, Lead] = {}
        self.by_email: dict[str, Lead] = {}
        self.by_name: dict[tuple[str, str], Lead] = {}
        for lead in self.stored(rows):
            if lead.external_id:
                self.by_id[lead.external_id] = lead
            self.by_email.update(dict.fromkeys(EMAILS.of(lead), lead))
            company = lead.company.name.lower() if lead.company else ""
            self.by_name.setdefault((lead.name.lower(), company), lead)

    def stored(self, rows: list[Row]) -> list[Lead]:
        """Return the leads that the rows may mean, locked if this is not a dry run."""
        ids, emails = names_of(rows, "external_id"), {a for row in rows for a in emails_of(row)}
        nameless = [row for row in rows if not row.values.keys() & {"external_id", "email"}]
        names = {sort_key(name) for name in names_of(nameless, "name")}
        leads = Lead.objects.select_related(*LINKS)
        if not self.is_dry:
            leads = leads.select_for_update(of=("self",))
        found = {lead.pk: lead for lead in leads.filter(external_id__in=ids)} if ids else {}
        if emails:
            rows_of = EmailAddress.objects.filter(address__in=emails)
            for lead in leads.filter(pk__in=rows_of.values("lead")):
                found.setdefault(lead.pk, lead)
        if names and self.policy != CREATE:
            for lead in leads.filter(sort_key__in=names).order_by("pk"):
                found.setdefault(lead.pk, lead)
        return list(found.values())

    def repeat(self, earlier: list[Wish[Lead]], row: Row, found: Lead | None) -> None:
        merge_consent(earlier[0].row, row)
        super().repeat(earlier, row, found)

    def identities(self, row: Row) -> list[tuple[Any, ...]]:
        got = row.values
        keys: list[tuple[Any, ...]] = [("email", address) for address in emails_of(row)]
        if got.get("external_id"):
            keys.insert(0, ("external_id", got["external_id"]))
        return keys or [("name", *self.name_key(row))]

    def name_key(self, row: Row) -> tuple[str, str]:
        return row.values.get("name", "").lower(), row.values.get("company", "").lower()

    def find(self, row: Row) -> Lead | None:
        got = row.values
        by_id = self.by_id.get(got.get("external_id", ""))
        owners = {lead.pk: lead for a in emails_of(row) if (lead := self.by_email.get(a))}
        by_email = next(iter(owners.values()), None)
        taken = by_email and by_id != by_email
        if len(owners) > 1:
            row.refuse("Its e-mail addresses belong to several leads.", "email")
            return by_id or by_email
        if taken and (by_id or (got.get("external_id") and by_email and by_email.external_id)):
            row.refuse("The e-mail belongs to another lead.", "email")
            return by_id
        if by_id or by_email or got.get("external_id") or emails_of(row):
            return by_id or by_email
        return self.by_name.get(self.name_key(row)) if self.policy != CREATE else None

    # What would change ------------------------------------------------------------------------

    def links(self, row: Row) -> dict[str, int | None]:
        """Return the keys of the rows that this row names; UNKNOWN for one to be created."""
        got = row.values
        company = got.get("company") or got.get("domain")
        books: dict[str, tuple[Book[Any], str | None]] = {
            "company_id": (self.companies, company),
            "channel_id": (self.channels, got.get("channel")),
            "campaign_id": (self.campaigns, got.get("campaign")),
            "owner_id": (self.users, got.get("owner")),
        }
        return {column: book.key(name) for column, (book, name) in books.items() if name}

    def changes(self, wish: Wish[Lead]) -> dict[str, Any]:
        """Return the columns of a stored lead that the row changes; `stage` stands for history."""
        lead, row = wish.found, wish.row
        assert lead is not None
        wanted: dict[str, Any] = {name: row.values[name] for name in PLAIN if name in row.values}
        wanted |= {part: row.values[part] for part in PARTS if part in row.values}
        wanted = follow_name(wanted, lead) | reached(lead, row) | self.links(row)
        if consent_of(row):
            wanted |= self.consent(lead, row)
        changes = {name: value for name, value in wanted.items() if getattr(lead, name) != value}
        if self.more_steps(lead, row):
            changes["stage"] = True
        return changes

    def consent(self, lead: Lead, row: Row) -> dict[str, bool]:
        """An import never gives back a consent that was withdrawn, nor ends a suppression."""
        said = consent_of(row)
        if said["consent"] and not lead.consent and lead.consent_at:
            row.warn(STANDS, "consent")
            return {}
        return said

    def tells_history(self, row: Row) -> bool:
        return bool(row.dates or "stage" in row.values)

    def dates(self, row: Row) -> dict[Stage, datetime]:
        """Return the row's history; a stage without a date is as old as its last date, or new."""
        dates = dict(row.dates)
        stage = row.values.get("stage")
        if stage and stage not in dates:
            dates[stage] = max(dates.values(), default=self.now)
        return dates

    def more_steps(self, lead: Lead, row: Row) -> list[Step]:
        """Return the moves that the file adds to what the ledger knows of a lead."""
        if not self.tells_history(row):
            return []
        reached = self.past.reached.get(lead.pk, {})
        wanted = {stage: at for stage, at in self.dates(row).items() if stage not in reached}
        made = steps(Stage(lead.stage), set(reached), in_order(wanted))
        if made and lead.pk in self.past.waiting:
            row.warn("A handoff of this lead waits for its answer; the stages were left out.")
            return []
        self.check_moves(row, made)
        return made

    def first_steps(self, row: Row) -> list[Step]:
        """Return the moves of a lead that the file brings in."""
        return steps(None, set(), in_order(self.dates(row)) or [(Stage.LEAD, self.now)])

    def check_moves(self, row: Row, made: list[Step]) -> None:
        """Refuse a row with a move that is not the importer's to make."""
        for step in made:
            if self.actor and not may_move(self.actor, step.old, step.new):
                old = step.old.label if step.old else "New"
                name = f"{step.new.value}_at" if step.new in row.dates else "stage"
                row.refuse(f"{old} → {step.new.label} is not your move.", name)
                return

    # Writing ----------------------------------------------------------------------------------

    def write(self, wishes: list[Wish[Lead]]) -> None:
        wanted = [wish for wish in wishes if wish.outcome in ("created", "updated")]
        wanted = [wish for wish in wanted if not wish.row.refused]
        for book in (self.channels, self.campaigns, self.users, self.companies):
            book.names = sorted(self.named(book, wanted))
            book.create_missing(self.recorder)
        self.create([wish.row for wish in wanted if wish.outcome == "created"])
        self.update([wish for wish in wanted if wish.outcome == "updated"])
        told = [wish.row for wish in wishes if not wish.row.refused and wish.outcome != "skipped"]
        suppress_opted_out(self.source, told, self.recorder)

    def named(self, book: Any, wishes: list[Wish[Lead]]) -> set[str]:
        """Return the names in `book` that rows to be written use: refused rows create nothing."""
        if book is self.companies:
            got = (wish.row.values for wish in wishes)
            return {v.get("company") or v.get("domain") or "" for v in got} - {""}
        fields = {id(self.channels): "channel", id(self.campaigns): "campaign"}
        return names_of([wish.row for wish in wishes], fields.get(id(book), "owner"))

    def create(self, rows: list[Row]) -> None:
        moves: list[tuple[Lead, list[Step]]] = []
        blank = Lead(created_by_id=self.source.created_by_id, company=None)
        for row in rows:
            lead = bulk.another(blank)
            given = (
                follow_name(dict(row.values), lead)
                | reached(lead, row)
                | self.links(row)
                | consent_of(row)
            )
            self.fill(lead, row, given)
            made = self.first_steps(row)
            lead.created_at = min(step.at for step in made)
            ledger_rows.take_stage(lead, made)
            moves.append((lead, made))
        made_leads = [lead for lead, _ in moves]
        bulk.insert_objects(Lead, INSERTED, made_leads)
        addresses.write(made_leads, new=True)
        consent_records.write(
            self.source, [lead for lead in made_leads if lead.consent], [], self.now
        )
        ledger_rows.write_new(self.source, moves)
        for row, (lead, _) in zip(rows, moves, strict=True):
            self.recorder.created(lead, row.line, {PRINT: fingerprint(lead)})

    def update(self, wishes: list[Wish[Lead]]) -> None:
        moves, leads = [], []
        for wish in wishes:
            lead = wish.found
            assert lead is not None
            before = noted(lead)
            made = self.more_steps(lead, wish.row)
            self.fill(lead, wish.row, wish.changes | self.fresh_links(wish))
            ledger_rows.take_stage(lead, made)
            leads.append(lead)
            if made:
                moves.append((lead, made))
            after = noted(lead)
            changed = {name for name in after if after[name] != before[name]}
            self.recorder.changed(
                lead, wish.row.line,
                {name: before[name] for name in changed}, {name: after[name] for name in changed},
            )  # fmt: skip
        Lead.objects.bulk_create(
            leads, update_conflicts=True, unique_fields=["id"], update_fields=list(WRITTEN)
        )
        addresses.write(leads)
        told = [lead for lead, wish in zip(leads, wishes, strict=True) if "consent" in wish.changes]
        given = [lead for lead in told if lead.consent]
        gone = [lead.pk for lead in told if not lead.consent]
        consent_records.write(self.source, given, gone, self.now)
        ledger_rows.write_more(self.source, moves)

    def fresh_links(self, wish: Wish[Lead]) -> dict[str, int | None]:
        """Return the changed links with the keys of what was created meanwhile."""
        fresh = self.links(wish.row)
        return {column: fresh[column] for column in fresh if column in wish.changes}

    def fill(self, lead: Lead, row: Row, values: dict[str, Any]) -> None:
        """Set the columns that `values` name, and those that follow from them."""
        for name in (*PLAIN, *MORE):
            if name in values:
                setattr(lead, name, values[name])
        if not lead.name and lead.email:
            lead.name = lead.email
        if "company_id" in values:
            lead.company = self.companies.get(row.values.get("company") or row.values.get("domain"))
        lead.channel_id = values.get("channel_id", lead.channel_id)
        lead.campaign_id = values.get("campaign_id", lead.campaign_id)
        if "owner_id" in values:
            lead.owner = self.users.get(row.values["owner"])
            lead.team_id = lead.owner.team_id if lead.owner else None
        if "consent" in values:
            consent_records.set_columns(lead, values["consent"], source=self.source, at=self.now)
        lead.search_key, lead.sort_key = search_key(lead), sort_key(lead.name)


def emails_of(row: Row) -> list[str]:
    """Return all e-mail addresses that a row gives a lead, its main one first."""
    return EMAILS.values(row.values.get("email", ""), row.values.get("more_emails", ""))


def dialled(numbers: str, country: str) -> str:
    """Return numbers of a cell as `leads.services` keeps them; one with + is so already."""
    if not numbers or (numbers.startswith("+") and SEPARATOR not in numbers):
        return numbers
    return several(numbers, lambda number: phone_number(number, country))


def reached(lead: Lead, row: Row) -> dict[str, str]:
    """Return the addresses and numbers of a lead once the row is in: what it has, it keeps.

    A new one in the column of the main ones becomes the main one; one that the lead has among
    others stays where it is.
    """
    wanted: dict[str, str] = {}
    for kind in KINDS:
        given = row.values.get(kind.main, ""), row.values.get(kind.more, "")
        if kind is PHONES and any(given):
            theirs = [row.values.get(name) for name in ("country", "company_country")]
            country = phone_country(theirs[0], lead.country, theirs[1], lead.company)
            given = dialled(given[0], country), dialled(given[1], country)
        stored, fresh = kind.of(lead), kind.values(*given)
        if fresh:
            first = [given[0]] if given[0] and given[0] not in stored else []
            values = list(dict.fromkeys([*first, *stored, *fresh]))
            wanted |= {kind.main: values[0], kind.more: SEPARATOR.join(values[1:])}
    return wanted


def fingerprint(lead: Lead) -> int:
    """Return a number that differs as soon as one of the noted values does."""
    return crc32(repr(list(map(str, printed_of(lead.__dict__)))).encode())


def noted(lead: Lead) -> dict[str, Any]:
    """Return the values that the undo compares and restores."""
    return {name: getattr(lead, name) for name in NOTED}

"""Deals from a file: each hangs on a lead that is there, and takes it along through the funnel.

A won deal makes its lead a customer on the day it was won, and a deal that is open or lost brings
it as far. No verdict follows: nobody was asked whether it was a good lead (docs/importing.md).
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime

from crm.activities.of_deals import close_with_deals
from crm.importing import ledger_rows
from crm.importing.history import Step, steps
from crm.importing.history import Wish as Dated
from crm.importing.ledger_rows import Past
from crm.importing.models import Import
from crm.importing.planning import Row
from crm.importing.references import Companies, Users, names_of
from crm.importing.writer import CREATE, HIDDEN, UPDATE, OfLeads, Wish
from crm.stages import Stage
from crm.users.models import Organisation, User
from deals.models import Deal, DealMove, LostReason, Pipeline, PipelineStage
from leads.models import Lead

OPEN, WON, LOST = Deal.Status.OPEN, Deal.Status.WON, Deal.Status.LOST
NOTED = (
    "name", "company_id", "pipeline_id", "stage_id", "status", "amount_minor", "currency",
    "close_on", "closed_at", "closed_on", "lost_reason_id", "close_note", "good_lead", "owner_id",
    "qualified_by_id", "external_id",
)  # fmt: skip
WRITTEN = (
    "name", "search_key", "sort_key", "company", "pipeline", "stage", "stage_since", "status",
    "amount_minor", "currency", "close_on", "closed_at", "closed_on", "lost_reason", "close_note",
    "good_lead", "owner", "team",
    "qualified_by", "external_id", "version",
)  # fmt: skip
SAME_NAMES = ("name", "external_id", "close_on", "good_lead", "currency")


class DealWriter(OfLeads[Deal]):
    """Matches and writes rows of deals."""

    def __init__(self, source: Import, *, actor: User | None, now: datetime, **rest: Any) -> None:
        super().__init__(source, actor=actor, now=now, **rest)
        stages = Prefetch("stages", PipelineStage.objects.order_by("position", "pk"))
        pipelines = Pipeline.objects.prefetch_related(stages).order_by("position", "pk")
        self.pipelines = [pipeline for pipeline in pipelines if pipeline.stages.all()]
        self.reasons = {reason.name.lower(): reason for reason in LostReason.objects.all()}
        self.currency, self.zone = Organisation.get().currency, source.zone

    def match(self, rows: list[Row]) -> list[Wish[Deal]]:
        self.look_up(rows)
        for row in rows:
            self.check(row)
        wishes = self.gather([row for row in rows if not row.refused])
        found = {wish.found.pk for wish in wishes if wish.found}
        hidden = self.hidden_from_actor(Deal, found)
        for wish in wishes:
            if wish.found and wish.found.pk in hidden:
                wish.row.refuse(HIDDEN)
            if wish.found and self.policy == UPDATE:
                wish.changes = self.changes(wish.found, wish.row)
            self.decide(wish)
        return wishes

    def look_up(self, rows: list[Row]) -> None:
        self.users = Users(names_of(rows, "owner", "qualified_by"))
        self.companies = Companies(rows)
        self.leads = self.stored_leads(names_of(rows, "lead"))
        self.past = Past.of(self.leads.values())
        deals = Deal.objects.select_related("lead", "stage")
        if not self.is_dry:
            deals = deals.select_for_update(of=("self",))
        by_id = deals.filter(external_id__in=names_of(rows, "external_id"))
        self.by_id = {deal.external_id: deal for deal in by_id}
        nameless = [row for row in rows if "external_id" not in row.values]
        ids = {lead.pk for row in nameless if (lead := self.lead_of(row))}
        same = deals.filter(lead__in=ids).order_by("-pk") if ids else ()
        self.by_name = {(deal.lead_id, deal.name.lower()): deal for deal in same}

    def check(self, row: Row) -> None:
        """Refuse a deal whose lead or pipeline is not there; warn where its dates are odd."""
        got = row.values
        lead = self.lead_of(row)
        if lead is None:
            self.refuse_unknown(row)
            return
        if self.pipeline_of(row) is None:
            row.refuse(f"There is no pipeline “{got.get('pipeline', '')}”.", "pipeline")
        elif self.stage_of(row) is None:
            row.refuse(f"The pipeline has no stage “{got['stage']}”.", "stage")
        first, at = self.past.first(lead), happened(row)
        if first and at and at < first:
            when, since = day(at, self.zone), day(first, self.zone)
            name = self.name_of(row)
            row.warn(f"The deal “{name}” is dated {when}, before its lead was known ({since}).")
        if at := closing(row)[1]:
            self.check_order(row, at)
        if "lost_reason" in got and got["lost_reason"].lower() not in self.reasons:
            row.warn(f"“{got['lost_reason']}” is not a reason on the list; kept as a note.")

    def check_order(self, row: Row, closed_at: datetime) -> None:
        """Refuse to close a stored deal before the day on which it was opened."""
        stored = self.by_id.get(row.values.get("external_id"))
        if stored is None or not stored.is_open or "created_at" in row.values:
            return
        ends = self.day_of(closed_at)
        if ends and ends < localdate(stored.created_at, self.zone):
            name = "won_at" if "won_at" in row.values else "lost_at"
            row.refuse(
                f"The deal was opened on {day(stored.created_at, self.zone)}, later than this.",
                name,
            )

    def name_of(self, row: Row) -> str:
        """Return the deal's name, its lead's where the row has none."""
        name: str = row.values.get("name") or str(self.lead_of(row))
        return name[:200]

    def pipeline_of(self, row: Row) -> Pipeline | None:
        name = row.values.get("pipeline", "").lower()
        return next((p for p in self.pipelines if not name or p.name.lower() == name), None)

    def stage_of(self, row: Row) -> PipelineStage | None:
        """Return the stage that the row names, else the last one for a won deal, else the first."""
        pipeline = self.pipeline_of(row)
        stages = list(pipeline.stages.all()) if pipeline else []
        name = row.values.get("stage", "").lower()
        if name:
            return next((stage for stage in stages if stage.name.lower() == name), None)
        return stages[-1 if "won_at" in row.values else 0] if stages else None

    def identities(self, row: Row) -> list[tuple[Any, ...]]:
        if "external_id" in row.values:
            return [("external_id", row.values["external_id"])]
        lead = self.lead_of(row)
        return [("name", lead.pk if lead else 0, self.name_of(row).lower())]

    def find(self, row: Row) -> Deal | None:
        if "external_id" in row.values:
            deal = self.by_id.get(row.values["external_id"])
            lead = self.lead_of(row)
            if deal and lead and deal.lead_id != lead.pk:
                row.refuse("The deal belongs to another lead.", "lead")
            return deal
        kind, lead_id, name = self.identities(row)[0]
        return self.by_name.get((lead_id, name)) if self.policy != CREATE else None

    # What would change ------------------------------------------------------------------------

    def wanted(self, row: Row) -> dict[str, Any]:
        """Return the columns that the row says something of."""
        got = row.values
        wanted = {name: got[name] for name in SAME_NAMES if name in got}
        if "amount" in got:
            wanted["amount_minor"] = got["amount"]
        if company := got.get("company"):
            wanted["company_id"] = self.companies.key(company)
        for name in ("owner", "qualified_by"):
            if name in got:
                wanted[f"{name}_id"] = self.users.key(got[name])
        if "lost_reason" in got:
            reason = self.reasons.get(got["lost_reason"].lower())
            wanted |= (
                {"lost_reason_id": reason.pk} if reason else {"close_note": got["lost_reason"]}
            )
        return wanted

    def changes(self, deal: Deal, row: Row) -> dict[str, Any]:
        """Return the columns of a stored deal that the row changes."""
        wanted = self.wanted(row)
        if "pipeline" in row.values or "stage" in row.values:
            stage = self.stage_of(row)
            assert stage is not None
            wanted |= {"pipeline_id": stage.pipeline_id, "stage_id": stage.pk}
        status, at = closing(row)
        if at and deal.status == OPEN:
            wanted |= {"status": status, "closed_at": at, "closed_on": self.day_of(at)}
        elif at and (deal.status, deal.closed_at) != (status, at):
            row.warn("The deal is closed already; that was not changed.")
        return {name: value for name, value in wanted.items() if getattr(deal, name) != value}

    def day_of(self, at: datetime | None) -> date | None:
        """Return the day that the file means: a moment is taken where the file is from."""
        return localdate(at, self.zone) if at else None

    def lead_steps(self, lead: Lead, row: Row) -> list[Step]:
        """Return the moves that the deal means for its lead."""
        reached = self.past.reached.setdefault(lead.pk, {})
        made = steps(Stage(lead.stage), set(reached), milestones(row, self.now))
        if made and lead.pk in self.past.waiting:
            row.warn("A handoff of its lead waits for an answer; the lead's stage was left.")
            return []
        reached.update({step.new: step.at for step in made})
        return made

    # Writing ----------------------------------------------------------------------------------

    def write(self, wishes: list[Wish[Deal]]) -> None:
        wishes = [w for w in wishes if not w.row.refused and w.outcome in ("created", "updated")]
        rows = [wish.row for wish in wishes]
        self.users.names = sorted(names_of(rows, "owner", "qualified_by"))
        self.users.create_missing(self.recorder)
        self.companies.names = sorted(names_of(rows, "company"))
        self.companies.create_missing(self.recorder)
        self.take_leads_along(wishes)
        self.create([wish.row for wish in wishes if wish.outcome == "created"])
        self.update([wish for wish in wishes if wish.outcome == "updated"])

    def create(self, rows: list[Row]) -> None:
        deals = [self.new_deal(row) for row in rows]
        Deal.objects.bulk_create(deals)
        DealMove.objects.bulk_create(move for deal in deals for move in self.moves(deal))
        for row, deal in zip(rows, deals, strict=True):
            self.recorder.created(deal, row.line, noted(deal))

    def new_deal(self, row: Row) -> Deal:
        lead, stage = self.lead_of(row), self.stage_of(row)
        assert lead is not None
        assert stage is not None
        status, closed_at = closing(row)
        created_at = row.values.get("created_at") or closed_at or self.now
        deal = Deal(
            lead=lead, name=self.name_of(row),
            pipeline_id=stage.pipeline_id, stage=stage, status=status,
            closed_at=closed_at, closed_on=self.day_of(closed_at),
            created_at=created_at, stage_since=created_at,
            company_id=lead.company_id, currency=self.currency, owner_id=lead.owner_id,
            team_id=lead.team_id,
        )  # fmt: skip
        self.fill(deal, row, self.wanted(row))
        return deal

    def fill(self, deal: Deal, row: Row, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(deal, name, value)
        if "owner_id" in values:
            owner = self.users.get(row.values["owner"])
            deal.team_id = owner.team_id if owner else None

    def moves(self, deal: Deal) -> list[DealMove]:
        """Return the deal's own history: where it began, and how it ended."""
        name, by = deal.stage.name, self.source.created_by_id
        note = f"Imported from {self.source.file_name}"
        moves = [DealMove(deal=deal, new=name, at=deal.created_at, actor_id=by, note=note)]
        if deal.closed_at:
            end = Deal.Status(deal.status).label
            moves.append(
                DealMove(deal=deal, old=name, new=end, at=deal.closed_at, actor_id=by, note=note)
            )
        return moves

    def update(self, wishes: list[Wish[Deal]]) -> None:
        deals, moves = [], []
        for wish in wishes:
            deal = wish.found
            assert deal is not None
            before = noted(deal)
            fresh = self.wanted(wish.row)
            values = {name: fresh.get(name, value) for name, value in wish.changes.items()}
            self.fill(deal, wish.row, values)
            deal.version += 1
            deals.append(deal)
            if deal.closed_at != before["closed_at"]:
                moves.append(self.moves(deal)[-1])
            after = noted(deal)
            changed = [name for name in NOTED if after[name] != before[name]]
            self.recorder.changed(
                deal, wish.row.line,
                {name: before[name] for name in changed}, {name: after[name] for name in changed},
            )  # fmt: skip
        Deal.objects.bulk_create(
            deals, update_conflicts=True, unique_fields=["id"], update_fields=list(WRITTEN)
        )
        DealMove.objects.bulk_create(moves)
        close_with_deals([deal.pk for deal in deals if not deal.is_open])

    def take_leads_along(self, wishes: list[Wish[Deal]]) -> None:
        """Move the leads through the funnel; one without an owner becomes its deal's owner's."""
        moves: dict[int, tuple[Lead, list[Step]]] = {}
        owned: dict[int, Lead] = {}
        for wish in sorted(wishes, key=lambda wish: happened(wish.row) or self.now):
            lead = self.lead_of(wish.row)
            assert lead is not None
            made = self.lead_steps(lead, wish.row)
            if made:
                ledger_rows.take_stage(lead, made)
                moves.setdefault(lead.pk, (lead, []))[1].extend(made)
            owner = self.users.get(wish.row.values.get("owner"))
            if owner and lead.owner_id is None:
                lead.owner, lead.team_id = owner, owner.team_id
                owned[lead.pk] = lead
                self.recorder.changed(
                    lead, wish.row.line, {"owner_id": None}, {"owner_id": owner.pk}
                )
        written = {pk: lead for pk, (lead, _) in moves.items()} | owned
        Lead.objects.bulk_create(
            written.values(), update_conflicts=True, unique_fields=["id"],
            update_fields=["stage", "stage_since", "owner", "team"],
        )  # fmt: skip
        ledger_rows.write_more(self.source, list(moves.values()))


def closing(row: Row) -> tuple[Deal.Status, datetime | None]:
    """Return whether and when the row says that the deal was won or lost."""
    if "won_at" in row.values:
        return WON, row.values["won_at"]
    if "lost_at" in row.values:
        return LOST, row.values["lost_at"]
    return OPEN, None


def happened(row: Row) -> datetime | None:
    """Return the earliest date of the row."""
    dates = (row.values.get(name) for name in ("created_at", "won_at", "lost_at"))
    return min((at for at in dates if at), default=None)


def milestones(row: Row, now: datetime) -> list[Dated]:
    """Return the stages of the funnel that the deal proves its lead has reached."""
    status, closed_at = closing(row)
    opened = row.values.get("created_at")
    if status == WON and closed_at:
        first = [(Stage.OPPORTUNITY, opened)] if opened else []
        return [*first, (Stage.CUSTOMER, closed_at)]
    if status == LOST and closed_at:
        return [(Stage.OPPORTUNITY, opened or closed_at), (Stage.LOST, closed_at)]
    return [(Stage.OPPORTUNITY, opened or now)]


def noted(deal: Deal) -> dict[str, Any]:
    """Return the values that the undo compares and restores."""
    return {name: getattr(deal, name) for name in NOTED}


def day(at: datetime, zone: ZoneInfo) -> str:
    return date_format(localtime(at, zone), "j M Y")

"""What happens to an open deal: it is made of a lead, moved, changed.

Every write is one conditional UPDATE on `version` that only one caller can win, and one DealMove.
How a deal ends is in `deals.closing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils.timezone import now

from crm.activities.models import Activity, FollowUp
from crm.activities.of_deals import plan_once, take_along
from crm.activities.services import NextStep, plan_follow_up
from crm.common.keys import keys_of
from crm.funnel import ledger
from crm.funnel.causes import Cause, Code
from crm.stages import Stage
from crm.users.models import User
from deals import criteria, writing
from deals.history import SNOOZED, WORDS, Change, change, changes_of, told
from deals.models import Deal, DealMove, PipelineStage
from leads.models import Company, Lead
from leads.services import edit_lead
from leads.writing import changed, check_fields

LEADS_TO_DEAL = {
    Stage.SAL: (Stage.SQL, Stage.OPPORTUNITY),
    Stage.SQL: (Stage.OPPORTUNITY,),
    Stage.OPPORTUNITY: (),
    Stage.CUSTOMER: (Stage.OPPORTUNITY,),
    Stage.LOST: (Stage.OPPORTUNITY,),
}
"""The moves that make a lead of this stage an opportunity. From the others there is no way."""


@dataclass
class StaleDeal(Exception):
    """Somebody else changed the deal first; `deal` is how it stands now."""

    deal: Deal

    def __str__(self) -> str:
        last = self.deal.moves.select_related("actor").first()
        who = last.actor if last and last.actor else "Somebody"
        return f"{who} changed “{self.deal}” meanwhile."


class NotAllowedNow(ValueError):
    """The deal or its lead is not in a state for this; the message says why."""


class ExitBlocked(NotAllowedNow):
    """Exit criteria are not met of a stage that lets no deal go without."""


@transaction.atomic
def convert(
    lead: Lead,
    *,
    name: str,
    amount_minor: int,
    currency: str,
    stage: PipelineStage,
    actor: User,
    company: Company | None = None,
    close_on: date | None = None,
    qualified_by: User | None = None,
    next_step: NextStep | None = None,
) -> Deal:
    """Open a deal with a lead that sales works: the lead becomes an opportunity.

    company: with whom; None takes the lead's. The lead itself is the contact, nothing is copied.
    Its open follow-ups and meetings go along; next_step moves one of its kind, and doubles none.
    qualified_by: who confirmed the need; None is `actor`

    Raises NotAllowedNow for a lead that sales has not accepted, LeadMoved if another was first,
    NotTheirs for an actor who does not sell.
    """
    writing.check_act(actor, "open")
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    way = way_to_opportunity(lead)
    owner = actor if actor.is_sales or lead.owner is None else lead.owner
    company = company or lead.company
    if company and lead.company is None:
        edit_lead(lead, {"company": company}, actor=actor)
    deal = Deal.objects.create(
        name=name,
        lead=lead,
        company=company,
        pipeline=stage.pipeline,
        stage=stage,
        stage_since=now(),
        amount_minor=amount_minor,
        currency=currency,
        close_on=close_on,
        owner=owner,
        team=owner.team,
        qualified_by=qualified_by or actor,
    )
    take_way(lead, way, actor=actor, cause=Cause(Code.DEAL, deal.pk))
    note_move(deal, "", stage.name, actor=actor, note="Deal opened")
    take_along(lead, deal)
    if next_step:
        plan_once(lead, next_step, owner=deal.owner, deal=deal)
    return deal


def make_opportunity(lead: Lead, *, actor: User, cause: Cause) -> None:
    """Take the lead the way to Opportunity, step by step. Raises NotAllowedNow if there is none."""
    take_way(lead, way_to_opportunity(lead), actor=actor, cause=cause)


def way_to_opportunity(lead: Lead) -> Sequence[Stage]:
    """Return the stages that are before the lead. Raises NotAllowedNow if no way leads there."""
    way = LEADS_TO_DEAL.get(Stage(lead.stage))
    if way is None:
        raise NotAllowedNow(
            f"{lead} is {Stage(lead.stage).label}: sales must have accepted a lead before a deal."
        )
    return way


def take_way(lead: Lead, way: Sequence[Stage], *, actor: User, cause: Cause) -> None:
    for stage in way:
        ledger.move(lead, stage, actor=actor, cause=cause)


def plan(deal: Deal, step: NextStep) -> FollowUp:
    """Set the deal's next activity, for its owner."""
    return plan_follow_up(deal.lead, step, owner=deal.owner, deal=deal)


@transaction.atomic
def move(deal: Deal, stage: PipelineStage, *, version: int, actor: User, note: str = "") -> Deal:
    """Put an open deal into another stage of its pipeline.

    version: as the caller saw it
    Raises StaleDeal if it is not the present one, NotAllowedNow for a closed deal or a stage of
    another pipeline, ExitBlocked if a stage that it leaves wants its exit criteria met first,
    NotTheirs for an actor who does not sell.
    """
    writing.check_act(actor, "move")
    if stage.pipeline_id != deal.pipeline_id:
        raise NotAllowedNow(f"“{stage}” is a stage of another pipeline.")
    old = deal.stage.name
    if deal.is_open and deal.version == version and deal.stage_id == stage.pk:
        return deal
    if deal.is_open and deal.version == version:
        check_exit(deal, stage)
    write(deal, version, {"stage": stage, "stage_since": now()}, status=Deal.Status.OPEN)
    note_move(deal, old, stage.name, actor=actor, note=note)
    return deal


@transaction.atomic
def edit(deal: Deal, changes: dict[str, Any], *, version: int, actor: User | None) -> Deal:
    """Change fields of a deal (see history.WORDS) and say in its history from what to what.

    A new owner brings his team. Raises StaleDeal if `version` is not the present one, NotTheirs for
    fields that are not the actor's to write.
    """
    unknown = changes.keys() - WORDS.keys()
    if unknown:
        raise KeyError(f"not to be edited: {unknown}")
    values = {field: changes[field] for field in changed(deal, changes)}
    check_fields(actor, values, writing.DEAL)
    if deal.version == version and not values:
        return deal
    edits = changes_of(deal, values)
    if "owner" in values:
        values["team"] = values["owner"].team if values["owner"] else deal.team
    write(deal, version, values)
    note_edit(deal, edits, actor=actor)
    return deal


@transaction.atomic
def snooze(deal: Deal, *, until: datetime, actor: User) -> Deal:
    """Let an open deal not rot before `until`, and say so in its history.

    Raises NotAllowedNow for a closed deal, StaleDeal if somebody changed it this very moment,
    NotTheirs for an actor who does not sell.
    """
    writing.check_act(actor, "snooze")
    changes = [change(SNOOZED, None, until.isoformat())]
    write(deal, deal.version, {"snoozed_until": until}, status=Deal.Status.OPEN)
    note_edit(deal, changes, actor=actor)
    return deal


def check_exit(deal: Deal, to: PipelineStage | None) -> None:
    """Raise ExitBlocked if the deal may not yet leave its stage for `to`; None is won."""
    missing = [found.label for stage, found in criteria.unmet(deal, to) if stage.exit_blocks]
    if missing:
        raise ExitBlocked(f"Not met yet: {'; '.join(missing)}.")


def write(deal: Deal, version: int, values: dict[str, Any], **expected: Any) -> None:
    """Update the deal if it still has `version` (and `expected`), raise its version by one.

    Raises StaleDeal with the fresh deal otherwise; `deal` carries the new values after success.
    """
    if "name" in values:
        values = values | keys_of(Deal(name=values["name"]))
    rows = Deal.objects.filter(pk=deal.pk, version=version, **expected)
    if not rows.update(version=F("version") + 1, **values):
        refuse_stale(deal, version)
    for field, value in values.items():
        setattr(deal, field, value)
    deal.version = version + 1


def refuse_stale(deal: Deal, version: int) -> None:
    """Raise what explains why the deal could not be written."""
    fresh = Deal.objects.for_cards().get(pk=deal.pk)
    if fresh.version == version:
        raise NotAllowedNow(f"“{fresh}” is {fresh.get_status_display().lower()}.")
    raise StaleDeal(fresh)


def note_move(
    deal: Deal,
    old: str,
    new: str,
    *,
    actor: User | None,
    note: str = "",
    changes: list[Change] | None = None,
) -> DealMove:
    """Append one line to the deal's history."""
    return DealMove.objects.create(
        deal=deal, old=old, new=new, at=now(), actor=actor, note=note, changes=changes or []
    )


def note_edit(deal: Deal, changes: list[Change], *, actor: User | None) -> DealMove:
    """Append an edit to the deal's history: it stays where it is."""
    here = deal.stage.name
    return note_move(deal, here, here, actor=actor, note=told(changes), changes=changes)


def note_activity(activity: Activity) -> None:
    """Remember when something last happened with a deal. Told late or twice, it stays true.

    An activity with the lead that names no deal counts for all its open deals.
    """
    deals = Deal.objects.open().filter(lead=activity.lead_id)
    if activity.deal_id is not None:
        deals = Deal.objects.filter(pk=activity.deal_id)
    earlier = Q(last_activity_at=None) | Q(last_activity_at__lt=activity.at)
    deals.filter(earlier).update(last_activity_at=activity.at)


def note_change_of_activity(lead_id: int, deal_id: int | None) -> None:
    """Find again when something last happened with the deals that a changed activity was about."""
    deals = Deal.objects.open().filter(lead=lead_id)
    if deal_id is not None:
        deals = Deal.objects.filter(pk=deal_id)
    for deal in deals.only("pk", "created_at"):
        about = Q(deal=deal) | Q(deal=None, lead=lead_id, at__gte=deal.created_at)
        last = Activity.objects.filter(about).aggregate(last=Max("at"))["last"]
        Deal.objects.filter(pk=deal.pk).update(last_activity_at=last)


def follow_owner_team(user_id: int) -> int:
    """Give a user's open deals to the team that he is in now; return how many changed hands."""
    user = User.objects.get(pk=user_id)
    deals = Deal.objects.open().filter(owner=user).exclude(team=user.team_id)
    return deals.update(team=user.team_id)

"""What sales says of a lead after it accepted it, and what comes of a dispute.

The answers to a handoff are in `handoffs`; both let every verdict travel home once.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from crm.funnel import handoffs, ledger
from crm.funnel.causes import Cause, Code
from crm.funnel.handoffs import NotAnswerable
from crm.funnel.models import Handoff, Reason, StageTransition, Verdict
from crm.funnel.routing import managers_of
from crm.notifications import services as notifications
from crm.notifications.models import Notification
from crm.stages import Stage
from crm.users.models import User
from leads import writing
from leads.models import Lead

HELD = {Stage.SAL, Stage.SQL, Stage.LOST}
"""Stages from which sales may give a lead back."""


class NotPossible(ValueError):
    """The verdict or the lead is not in a state for this; the message says why."""


# An accepted lead ---------------------------------------------------------------------------------


@transaction.atomic
def qualify_lead(lead: Lead, *, actor: User) -> StageTransition:
    """Sales confirmed the need: SAL → SQL. Raises MoveNotAllowed, LeadMoved."""
    return ledger.move(lead, Stage.SQL, actor=actor, cause=Cause(Code.NEED_CONFIRMED))


@transaction.atomic
def recycle_lead(
    lead: Lead, *, reason: Reason, actor: User, note: str = "", revisit_on: date | None = None
) -> StageTransition:
    """Give a lead that sales worked back to marketing: SAL, SQL or Lost → Recycled.

    revisit_on: not to be offered before; None takes the reason's cool-down
    Raises NotAnswerable if the reason wants a note, NotPossible if sales does not hold the lead.
    """
    handoffs.check_reason(reason, Reason.Use.RECYCLE, note)
    if lead.stage not in HELD:
        raise NotPossible(f"{lead} is {Stage(lead.stage).label}: there is nothing to give back.")
    move = handoffs.return_to_marketing(lead, reason, actor=actor, revisit_on=revisit_on)
    give_later(lead, Verdict.Kind.RECYCLED, move, reason=reason, note=note, actor=actor)
    return move


@transaction.atomic
def disqualify(
    lead: Lead, *, reason: Reason, actor: User, note: str = "", duplicate_of: Lead | None = None
) -> None:
    """Take a lead out of the funnel for good. A handoff that waits is rejected with it.

    reason: one whose return path is to disqualify
    Raises NotAnswerable if the reason is not one for this or wants a note, MoveNotAllowed.
    """
    if reason.return_path != Reason.ReturnPath.CLOSE:
        raise NotAnswerable(f"“{reason}” does not disqualify a lead.")
    handoffs.check_reason(reason, Reason.Use.REJECT, note)
    handoffs.check_duplicate(reason, lead, duplicate_of)
    if lead.stage in {Stage.OPPORTUNITY, Stage.CUSTOMER}:
        raise NotPossible(f"{lead} has a deal. Close it instead.")
    if waiting := Handoff.objects.waiting().filter(lead=lead).first():
        handoffs.reject(waiting, reason=reason, actor=actor, note=note, duplicate_of=duplicate_of)
        return
    was_with_sales = lead.stage in HELD
    cause = Cause(Code.GIVEN_BACK, reason.pk)
    freed: dict[str, Any] = {"owner": None, "team": None} if was_with_sales else {}
    move = ledger.step(lead, Stage.DISQUALIFIED, actor=actor, cause=cause, **freed)
    if was_with_sales:
        verdict = give_later(
            lead, Verdict.Kind.DISQUALIFIED, move, reason=reason, note=note, actor=actor
        )
        handoffs.note_duplicate(verdict, duplicate_of)


def give_later(
    lead: Lead,
    kind: Verdict.Kind,
    move: StageTransition,
    *,
    reason: Reason,
    note: str,
    actor: User,
) -> Verdict:
    """Record a verdict that came after the acceptance, and let it travel home."""
    verdict = Verdict.objects.create(
        lead=lead,
        handoff=last_accepted(lead),
        key=move_key(move),
        kind=kind,
        reason=reason,
        note=note,
        by=actor,
        at=move.at,
    )
    handoffs.bring_home(verdict)
    return verdict


def move_key(move: StageTransition) -> str:
    return f"move:{move.pk}"


def last_accepted(lead: Lead) -> Handoff | None:
    """Return the handoff by which sales has, or had, the lead."""
    return Handoff.objects.accepted().filter(lead=lead).order_by("-attempt").first()


@transaction.atomic
def take_back_return(lead: Lead, *, actor: User) -> Lead:
    """Undo `recycle_lead` or `disqualify`; a handoff that went with it waits again.

    The lead is again whose it was: the one's who accepted it, or who gave it back.
    Raises LeadMoved if it has moved on since, NotTheirs for who could not have moved it so.
    """
    lead = Lead.objects.select_for_update().get(pk=lead.pk)
    last = lead.transitions.order_by("pk").last()
    if last is None or last.new_stage not in {Stage.RECYCLED, Stage.DISQUALIFIED}:
        raise ledger.LeadMoved(lead.pk)
    writing.check_move(actor, Stage(last.old_stage), Stage(last.new_stage))
    if last.old_stage == Stage.MQL and (handoff := lead.handoffs.order_by("attempt").last()):
        handoffs.take_back_answer(handoff, actor=actor)
        lead.refresh_from_db()
        return lead
    ledger.take_back(last, actor=actor)
    lead.refresh_from_db()
    if lead.stage in HELD:
        handoff, giver = last_accepted(lead), last.actor
        accepter = handoff.rep if handoff else None
        handoffs.assign(lead, giver if giver and giver.is_sales else accepter)
    Lead.objects.filter(pk=lead.pk).exclude(stage=Stage.RECYCLED).update(recycled_until=None)
    for verdict in Verdict.objects.standing().filter(key=move_key(last)):
        handoffs.withdraw(verdict)
    return lead


# A closed deal ------------------------------------------------------------------------------------


@transaction.atomic
def record_close(
    lead: Lead,
    *,
    key: str,
    kind: Verdict.Kind,
    good_lead: bool | None,
    actor: User | None,
    at: datetime,
    reason_text: str = "",
    note: str = "",
    amount_minor: int | None = None,
    currency: str = "",
) -> Verdict:
    """Record how a deal with the lead ended, once for each `key`, and let it travel home.

    key: of this close, such as `deal:7:3`; closed again after reopening, a deal needs another
    kind: Verdict.Kind.WON or LOST
    amount_minor, currency: of a won deal, minor units and ISO 4217 code
    """
    verdict, new = Verdict.objects.get_or_create(
        key=key,
        defaults={
            "lead": lead,
            "handoff": last_accepted(lead),
            "kind": kind,
            "good_lead": good_lead,
            "reason_text": reason_text[:120],
            "note": note,
            "amount_minor": amount_minor,
            "currency": currency,
            "by": actor,
            "at": at,
        },
    )
    if new:
        handoffs.bring_home(verdict)
    return verdict


# Disputes -----------------------------------------------------------------------------------------


@transaction.atomic
def dispute(verdict: Verdict, *, by: User, note: str) -> Verdict:
    """Marketing objects to a verdict against a lead; the managers of sales are asked to rule.

    Raises NotPossible if it was disputed or taken back before, or says nothing against the lead.
    """
    if not note.strip():
        raise NotPossible("Say why the verdict is wrong.")
    if not verdict.is_disputable:
        raise NotPossible("This verdict cannot be disputed.")
    open_to_dispute = Verdict.objects.standing().filter(pk=verdict.pk, disputed_at=None)
    if not open_to_dispute.update(disputed_at=now(), disputed_by=by, dispute_note=note.strip()):
        raise NotPossible("Somebody disputed this verdict before you.")
    verdict.refresh_from_db()
    handoff = verdict.handoff
    for manager in managers_of(handoff.team if handoff else None):
        notifications.notify(
            manager,
            key=f"verdict:{verdict.pk}:disputed",
            title=f"{by} disputes: {verdict.lead} {verdict.get_kind_display().lower()}",
            body=note.strip(),
            url=handoff.get_absolute_url() if handoff else verdict.lead.get_absolute_url(),
            kind=Notification.Kind.ACTION,
            by_mail=True,
        )
    return verdict


@transaction.atomic
def rule(verdict: Verdict, *, ruling: Verdict.Ruling, by: User, note: str = "") -> Verdict:
    """A manager decides a dispute. Overturned, the lead is offered to sales again at once.

    Raises NotPossible if the verdict is not under dispute, or `by` is who disputed it.
    """
    if is_party(verdict, by):
        raise NotPossible("You disputed this verdict: another manager has to rule.")
    ruled = (
        Verdict.objects.disputed()
        .filter(pk=verdict.pk)
        .update(ruling=ruling, ruled_at=now(), ruled_by=by, ruling_note=note.strip())
    )
    if not ruled:
        raise NotPossible("This verdict is not under dispute.")
    verdict.refresh_from_db()
    offered = ruling == Verdict.Ruling.OVERTURNED and offer_again(verdict, by=by)
    url = verdict.handoff.get_absolute_url() if verdict.handoff else verdict.lead.get_absolute_url()
    notifications.settle(url)
    people = {person for person in (verdict.disputed_by, verdict.by) if person and person != by}
    for person in people:
        notifications.notify(
            person,
            key=f"verdict:{verdict.pk}:ruled",
            title=f"{verdict.lead}: {verdict.get_ruling_display().lower()}",
            body=" ".join([note.strip(), "The lead is offered again." if offered else ""]).strip(),
            url=url,
        )
    return verdict


def is_party(verdict: Verdict, user: User) -> bool:
    """True for who disputed the verdict: he does not rule on it, unless he administrates."""
    return verdict.disputed_by_id == user.pk and not user.is_admin


def offer_again(verdict: Verdict, *, by: User) -> bool:
    """Open a new attempt for a lead that was given back wrongly, if it is still out of the funnel.

    Recycled: → MQL. Disqualified by this verdict: the move is taken back, and a lead that sales had
    accepted is again whose it was. Elsewhere the lead has moved on, and nothing happens.
    """
    lead, handoff = Lead.objects.select_for_update().get(pk=verdict.lead_id), verdict.handoff
    if handoff is None or verdict.kind == Verdict.Kind.LOST:
        return False
    last = lead.transitions.order_by("pk").last()
    if lead.stage == Stage.RECYCLED:
        cause = Cause(Code.RULED)
        ledger.move(lead, Stage.MQL, actor=by, cause=cause, definition=handoff.definition)
    elif lead.stage == Stage.DISQUALIFIED and last and disqualified(last, verdict):
        ledger.take_back(last, actor=by)
        lead.refresh_from_db()
        if lead.stage != Stage.MQL:
            handoffs.assign(lead, handoff.rep)
            return False
    else:
        return False
    Lead.objects.filter(pk=lead.pk).update(recycled_until=None)
    handoffs.offer(
        lead,
        evidence=handoff.evidence,
        definition=handoff.definition,
        actor=by,
        note=handoff.note,
    )
    return True


def disqualified(move: StageTransition, verdict: Verdict) -> bool:
    """Whether this verdict, not a later word on a lead that was nurtured, led to the move."""
    latest = Verdict.objects.standing().filter(lead=verdict.lead_id).order_by("at", "pk").last()
    return not move.reverts_id and move.old_stage in {Stage.MQL, *HELD} and latest == verdict

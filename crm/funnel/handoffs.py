"""The handoff: marketing offers a qualified lead, sales answers, and nothing is lost between.

Every answer is one conditional UPDATE that only one caller can win. The verdict, the move of the
lead, and the effects (feedback home, the next offer) commit together with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate, now

from crm.funnel import ledger
from crm.funnel.causes import Cause, Code
from crm.funnel.measuring import ANSWERED
from crm.funnel.models import Handoff, MqlDefinition, Reason, StageTransition, Verdict
from crm.notifications import services as notifications
from crm.outbox import services as outbox
from crm.stages import OUT, Stage
from crm.users.models import Organisation, User
from leads import writing
from leads.models import Lead

ROUTE = "funnel.route_handoff"
VERDICT_GIVEN = "funnel.verdict_given"
VERDICT_WITHDRAWN = "funnel.verdict_withdrawn"
HANDOFF_ACCEPTED = "funnel.handoff_accepted"
LEAD_RETURNED = "funnel.lead_returned"
"""Payload {"lead": pk, "reason": pk or None}: back with marketing. None: a lost deal to revisit."""


@dataclass
class AlreadyAnswered(Exception):
    """Somebody else answered the handoff first; `handoff` is how it stands now."""

    handoff: Handoff

    def __str__(self) -> str:
        who = self.handoff.answered_by or "somebody"
        return f"{self.handoff.get_outcome_display()} by {who}"


class NotAnswerable(ValueError):
    """The answer is incomplete: a reason or the note that it demands is missing."""


@dataclass(frozen=True)
class Offer:
    """A lead that marketing offers, and why.

    evidence: what Handoff.evidence says, as known to the caller (campaigns.services.qualify)
    """

    lead: Lead
    evidence: dict[str, Any]
    note: str = ""


@transaction.atomic
def open_handoff(
    lead: Lead, *, evidence: dict[str, Any], actor: User | None = None, note: str = ""
) -> Handoff:
    """Offer `lead` to sales: → MQL, one more attempt, evidence frozen, routing asked for.

    Raises MoveNotAllowed or LeadMoved as `ledger.move` does; a second waiting handoff of one lead
    is refused by the database.
    """
    definition = MqlDefinition.current()
    cause = Cause(Code.SENT_BY_HAND if note else Code.DEFINITION_MET)
    ledger.step(lead, Stage.MQL, actor=actor, cause=cause, definition=definition)
    return offer(lead, evidence=evidence, definition=definition, actor=actor, note=note)


@transaction.atomic
def open_all(offers: Sequence[Offer], *, definition: MqlDefinition) -> list[Handoff]:
    """Offer many leads that meet `definition`, in a handful of statements; see `open_handoff`."""
    leads = [offer.lead for offer in offers]
    cause = Cause(Code.DEFINITION_MET)
    ledger.step_all(leads, Stage.MQL, actor=None, cause=cause, definition=definition)
    return offer_all(offers, definition=definition)


def offer(
    lead: Lead,
    *,
    evidence: dict[str, Any],
    definition: MqlDefinition,
    actor: User | None = None,
    note: str = "",
) -> Handoff:
    """Write the next attempt for a lead that is an MQL, and ask for its routing."""
    return offer_all([Offer(lead, evidence, note)], definition=definition, actor=actor)[0]


def offer_all(
    offers: Sequence[Offer], *, definition: MqlDefinition, actor: User | None = None
) -> list[Handoff]:
    """Write the next attempt for each lead, and ask for their routing."""
    earlier = Handoff.objects.filter(lead__in=[offer.lead for offer in offers]).order_by()
    attempts = dict(earlier.values_list("lead").annotate(last=Max("attempt")))
    at = now()
    opened = Handoff.objects.bulk_create(
        Handoff(
            lead=offer.lead,
            attempt=attempts.get(offer.lead.pk, 0) + 1,
            evidence=offer.evidence,
            definition=definition,
            opened_at=at,
            opened_by=actor,
            note=offer.note,
        )
        for offer in offers
    )
    outbox.enqueue_all(
        *(outbox.Wish(ROUTE, f"handoff:{row.pk}", {"handoff": row.pk}) for row in opened)
    )
    return opened


MOVE_OF = {
    Handoff.Outcome.ACCEPTED: Stage.SAL,
    Handoff.Outcome.REJECTED: Stage.RECYCLED,
    Handoff.Outcome.RECYCLED: Stage.RECYCLED,
}
"""The move that an answer is, whatever the reason makes of it."""


def answer(handoff: Handoff, outcome: Handoff.Outcome, *, actor: User, **values: Any) -> None:
    """Write the answer by one conditional UPDATE.

    Raises AlreadyAnswered if it came too late, NotTheirs for an actor who does not sell.
    """
    writing.check_move(actor, Stage.MQL, MOVE_OF[outcome])
    at = now()
    won = (
        Handoff.objects.waiting()
        .filter(pk=handoff.pk)
        .update(outcome=outcome, answered_at=at, answered_by=actor, **values)
    )
    if not won:
        handoff.refresh_from_db()
        raise AlreadyAnswered(handoff)
    written = {"outcome": outcome, "answered_at": at, "answered_by": actor, **values}
    for field, value in written.items():
        setattr(handoff, field, value)


@transaction.atomic
def accept(handoff: Handoff, *, actor: User) -> Verdict:
    """Sales takes the lead: MQL → SAL, it becomes `actor`'s, and the first call is set.

    Raises AlreadyAnswered if another rep was first.
    """
    answer(handoff, Handoff.Outcome.ACCEPTED, actor=actor, rep=actor, team_id=actor.team_id)
    ledger.step(handoff.lead, Stage.SAL, actor=actor, owner=actor, team_id=actor.team_id)
    first_call = outbox.Wish(HANDOFF_ACCEPTED, f"accepted:{handoff.pk}", {"handoff": handoff.pk})
    return give_verdict(handoff, Verdict.Kind.ACCEPTED, actor=actor, also=first_call)


@transaction.atomic
def reject(
    handoff: Handoff,
    *,
    reason: Reason,
    actor: User,
    note: str = "",
    duplicate_of: Lead | None = None,
) -> Verdict:
    """Sales gives the lead back before contact, with a reason that fixes where it goes next.

    duplicate_of: the lead that stays, if the reason asks for it
    Raises NotAnswerable if the reason wants a note or that lead, AlreadyAnswered if another was
    first.
    """
    check_reason(reason, Reason.Use.REJECT, note)
    check_duplicate(reason, handoff.lead, duplicate_of)
    answer(handoff, Handoff.Outcome.REJECTED, actor=actor)
    send_back(handoff, reason, actor=actor, note=note)
    verdict = give_verdict(handoff, Verdict.Kind.REJECTED, actor=actor, reason=reason, note=note)
    note_duplicate(verdict, duplicate_of)
    return verdict


def check_duplicate(reason: Reason, lead: Lead, other: Lead | None) -> None:
    """Raise NotAnswerable if the reason asks of whom the lead is a duplicate and nobody says."""
    if reason.asks_whom and (other is None or other.pk == lead.pk):
        raise NotAnswerable(f"“{reason}”: say of which other lead.")


def note_duplicate(verdict: Verdict, other: Lead | None) -> None:
    """Keep with a verdict of whom its lead is a duplicate, if its reason asks for it."""
    if other is not None and verdict.reason and verdict.reason.asks_whom:
        verdict.duplicate_of = other
        verdict.save(update_fields=["duplicate_of"])


@transaction.atomic
def recycle(
    handoff: Handoff, *, reason: Reason, actor: User, note: str = "", revisit_on: date | None = None
) -> Verdict:
    """Sales gives the lead back to nurture: right, but not now.

    revisit_on: not to be offered before; None takes the reason's cool-down
    Raises NotAnswerable if the reason wants a note, AlreadyAnswered if another was first.
    """
    check_reason(reason, Reason.Use.RECYCLE, note)
    answer(handoff, Handoff.Outcome.RECYCLED, actor=actor)
    send_back(handoff, reason, actor=actor, note=note, revisit_on=revisit_on)
    return give_verdict(handoff, Verdict.Kind.RECYCLED, actor=actor, reason=reason, note=note)


def check_reason(reason: Reason, use: Reason.Use, note: str) -> None:
    """Raise NotAnswerable if `reason` is not one for `use`, or wants a note and has none."""
    if reason.use != use:
        raise NotAnswerable(f"“{reason}” is not a reason to {use.label.lower()}.")
    if reason.note_required and not note.strip():
        raise NotAnswerable(f"“{reason}” needs a note.")


def send_back(
    handoff: Handoff, reason: Reason, *, actor: User, note: str, revisit_on: date | None = None
) -> None:
    """Take the return path of `reason`: another rep, out of the funnel, or back to marketing."""
    notifications.settle(handoff.get_absolute_url())
    lead = handoff.lead
    path = Reason.ReturnPath(reason.return_path)
    if path == Reason.ReturnPath.REROUTE:
        assign(lead, None)
        offer(lead, evidence=handoff.evidence, definition=handoff.definition, note=handoff.note)
    elif path == Reason.ReturnPath.CLOSE:
        cause = Cause(Code.GIVEN_BACK, reason.pk)
        ledger.step(lead, Stage.DISQUALIFIED, actor=actor, cause=cause, owner=None, team=None)
    else:
        return_to_marketing(lead, reason, actor=actor, revisit_on=revisit_on)


def return_to_marketing(
    lead: Lead, reason: Reason, *, actor: User, revisit_on: date | None = None
) -> StageTransition:
    """→ Recycled and nobody's, not to be offered before the cool-down of `reason` is over.

    revisit_on: not to be offered before this day instead
    """
    today = localdate(timezone=Organisation.get().zone)
    until = revisit_on or today + timedelta(days=reason.cool_down_days)
    move = ledger.step(
        lead,
        Stage.RECYCLED,
        actor=actor,
        cause=Cause(Code.GIVEN_BACK, reason.pk),
        recycled_until=until,
        owner=None,
        team=None,
    )
    outbox.tell(LEAD_RETURNED, f"returned:{move.pk}", {"lead": lead.pk, "reason": reason.pk})
    return move


def assign(lead: Lead, rep: User | None) -> None:
    """Make `rep` the owner of the lead, and his team its team; None frees it."""
    lead.owner, lead.team_id = rep, rep.team_id if rep else None
    Lead.objects.filter(pk=lead.pk).update(owner=rep, team=lead.team_id)


def give_verdict(
    handoff: Handoff,
    kind: Verdict.Kind,
    *,
    actor: User,
    reason: Reason | None = None,
    note: str = "",
    also: outbox.Wish | None = None,
) -> Verdict:
    """Record the answer to a handoff and let the campaign's owner know of it.

    also: what else shall happen because of this answer
    """
    at = handoff.answered_at or now()
    verdict = Verdict.objects.create(
        lead=handoff.lead,
        handoff=handoff,
        key=f"handoff:{handoff.pk}:{at.isoformat()}",
        kind=kind,
        reason=reason,
        note=note,
        by=actor,
        at=at,
    )
    measured = outbox.Wish(ANSWERED, f"answered:{verdict.pk}", {"handoff": handoff.pk})
    bring_home(verdict, measured, *[also] if also else [])
    return verdict


def bring_home(verdict: Verdict, *also: outbox.Wish) -> None:
    """Ask that a verdict reaches the campaign's owner, once, and for what else comes of it."""
    home = outbox.Wish(VERDICT_GIVEN, f"verdict:{verdict.pk}", {"verdict": verdict.pk})
    outbox.enqueue_all(*also, home)


@transaction.atomic
def take_back_answer(handoff: Handoff, *, actor: User) -> Handoff:
    """Undo a rejection or recycling: the handoff waits again, its verdict is withdrawn.

    An attempt that the answer opened for another rep goes, as long as it waits.

    Raises LeadMoved if the lead has moved on since, AlreadyAnswered if the answer was accepted.
    """
    handoff = Handoff.objects.select_for_update().get(pk=handoff.pk)
    lead = Lead.objects.select_for_update().get(pk=handoff.lead_id)
    if handoff.outcome not in {Handoff.Outcome.REJECTED, Handoff.Outcome.RECYCLED}:
        raise AlreadyAnswered(handoff)
    last = StageTransition.objects.filter(lead=lead).order_by("pk").last()
    if last is None or handoff.answered_at is None:
        raise ledger.LeadMoved(lead.pk)
    if last.at < handoff.answered_at and last.new_stage == Stage.MQL:
        drop_next_attempt(handoff)
    elif last.old_stage == Stage.MQL and last.new_stage in OUT:
        ledger.take_back(last, actor=actor)
    else:
        raise ledger.LeadMoved(lead.pk)
    Handoff.objects.filter(pk=handoff.pk).update(
        outcome=Handoff.Outcome.WAITING, answered_at=None, answered_by=None, answer_minutes=None
    )
    Lead.objects.filter(pk=lead.pk).update(
        owner=handoff.rep, team=handoff.team, recycled_until=None
    )
    for verdict in handoff.verdicts.standing():
        withdraw(verdict)
    handoff.refresh_from_db()
    return handoff


def drop_next_attempt(handoff: Handoff) -> None:
    """Delete the attempt that follows `handoff` while it waits; it counts as never made.

    Raises LeadMoved if it was answered.
    """
    later = Handoff.objects.filter(lead=handoff.lead_id, attempt__gt=handoff.attempt)
    for attempt in later.select_for_update():
        if not attempt.is_waiting:
            raise ledger.LeadMoved(handoff.lead_id)
        notifications.withdraw(attempt.get_absolute_url())
        attempt.delete()


def withdraw(verdict: Verdict) -> None:
    """Take a verdict back: it stays on record, but no longer counts nor shows in the inbox."""
    if not Verdict.objects.standing().filter(pk=verdict.pk).update(withdrawn_at=now()):
        return
    outbox.tell(VERDICT_WITHDRAWN, f"withdrawn:{verdict.pk}", {"verdict": verdict.pk})

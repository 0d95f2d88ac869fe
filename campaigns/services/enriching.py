"""Data that sales found wanting: marketing is asked to complete them, the lead is offered again.

The return path “enrich”. Completing the follow-up says that the data are complete: that is evidence
newer than the return, as a touch is.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now

from campaigns.services.feedback import marketing_managers, owner_of
from campaigns.services.scores import score_lead
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep, plan_follow_up
from crm.funnel.handoffs import LEAD_RETURNED, VERDICT_WITHDRAWN
from crm.funnel.models import Reason, StageTransition, Verdict
from crm.funnel.routing import deadline
from crm.stages import Stage
from leads.models import Lead
from leads.normalising import BadValue, one_line

RETURNED = f"{LEAD_RETURNED}:enriching"
"""Payload {"lead": pk, "reason": pk or None}: what the funnel asks when a lead comes back."""

WITHDRAWN = f"{VERDICT_WITHDRAWN}:enriching"
"""Payload {"verdict": pk}: what the funnel asks when an answer is taken back."""

ASKED = "enrich:"
"""Beginning of the key of the follow-up that asks for the data; the move's key follows."""


def handle_returned(payload: dict[str, Any]) -> None:
    """Ask marketing for the data if the reason wants them, and the lead is still with marketing."""
    wanted = Reason.objects.filter(pk=payload["reason"], return_path=Reason.ReturnPath.ENRICH)
    moves = StageTransition.objects.filter(lead=payload["lead"]).order_by("pk")
    move = moves.select_related("lead__campaign__owner__team").last()
    if move and move.new_stage == Stage.RECYCLED and wanted.exists():
        ask(move, reason_with_note(move.lead_id, payload["reason"]))


def reason_with_note(lead_id: int, reason_id: int) -> str:
    """Return why the lead came back, with the note of who gave it back."""
    verdicts = Verdict.objects.standing().filter(lead=lead_id, reason=reason_id)
    verdict = verdicts.select_related("reason").order_by("at", "pk").last()
    if verdict is None:
        return ""
    return ": ".join(filter(None, [str(verdict.reason), verdict.note.strip()]))


def ask(move: StageTransition, why: str) -> FollowUp:
    """Give the campaign's owner, else a marketing manager, a follow-up to complete the data.

    Marketing has as long for it as sales has to answer a handoff.
    """
    owner = owner_of(move.lead.campaign) or next(iter(marketing_managers()), None)
    due_at, _ = deadline(now())
    step = NextStep(Activity.Kind.NOTE, due_at, title=title_of(why))
    return plan_follow_up(move.lead, step, owner=owner, key=f"{ASKED}{move.pk}")


def title_of(why: str) -> str:
    """Return what is to be done, with the rep's words as far as they can be shown."""
    try:
        return one_line(f"Complete the data: {why}"[:200])
    except BadValue:
        return "Complete the data"


def handle_settled(payload: dict[str, Any]) -> None:
    """Take note that the data were completed, or are not after all. Payload {"follow_up": pk}."""
    follow_up = FollowUp.objects.filter(pk=payload["follow_up"], key__startswith=ASKED).first()
    if follow_up is not None:
        note_completion(follow_up.lead_id)


@transaction.atomic
def note_completion(lead_id: int) -> None:
    """Write when the lead's data were completed last, and offer it if that suffices."""
    asked = FollowUp.objects.filter(lead=lead_id, key__startswith=ASKED)
    at = asked.aggregate(last=Max("done_at"))["last"]
    Lead.objects.filter(pk=lead_id).update(enriched_at=at)
    score_lead(lead_id)


def handle_withdrawn(payload: dict[str, Any]) -> None:
    """Ask no more for the data of a lead whose return was taken back. Payload {"verdict": pk}."""
    wanted = Verdict.objects.filter(reason__return_path=Reason.ReturnPath.ENRICH)
    for verdict in wanted.filter(pk=payload["verdict"]):
        FollowUp.objects.open().filter(lead=verdict.lead_id, key__startswith=ASKED).delete()

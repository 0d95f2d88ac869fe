"""What does not go smoothly in the demo company: leads offered again, nobody there, nobody called.

Runs after the year is written. First entries stay as they were, so the counts of plan.FUNNEL hold.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm.activities.models import Activity, FollowUp
from crm.demo import words
from crm.demo.handing_over import bring_home
from crm.demo.marketing import BATCH
from crm.funnel import ledger
from crm.funnel.causes import Cause, Code
from crm.funnel.models import Handoff, Reason, StageTransition, Verdict
from crm.stages import Stage
from crm.users.calendar import business_calendar
from deals.models import Deal
from leads.models import Lead

COOL = timedelta(days=40)
AGAIN, AND_AGAIN = 24, 8
"""Leads that were offered a second time, and of them a third."""

UNOWNED, UNCALLED = 2, 3
REACTIONS = {"keen": 4, "interested": 7, "unsure": 4, "cool": 2}


def stumble(rng: Random, now: datetime) -> None:
    """Write second and third attempts, leads without an owner, and leads that nobody called."""
    back = list(given_back(now)[:AGAIN])
    offer_again(rng, now, back)
    still = [h for h in given_back(now).filter(attempt=2) if h.answered_at and room(h, now)]
    offer_again(rng, now, still[:AND_AGAIN])
    leave_unowned()
    leave_uncalled(now)
    negotiate(rng, now)
    react(rng)


def given_back(now: datetime) -> Any:
    """Return the last attempts of leads that sales gave back to nurture, the oldest first."""
    returned = Handoff.objects.filter(
        outcome__in=["rejected", "recycled"],
        lead__stage=Stage.RECYCLED,
        answered_at__lt=now - COOL - timedelta(days=14),
    )
    return returned.select_related("lead__campaign", "rep__team").order_by("answered_at", "pk")


def room(handoff: Handoff, now: datetime) -> bool:
    """Whether there was time since for another attempt."""
    return bool(handoff.answered_at and handoff.answered_at < now - COOL - timedelta(days=14))


def offer_again(rng: Random, now: datetime, handoffs: list[Handoff]) -> None:
    """Let each of these leads have qualified once more, and come back once more."""
    reasons = list(Reason.objects.filter(use=Reason.Use.RECYCLE, note_required=False))
    calendar, made, verdicts, steps, leads = business_calendar(), [], [], [], []
    for before in handoffs:
        assert before.answered_at
        opened = before.answered_at + COOL + timedelta(days=rng.uniform(0, 12))
        routed = opened + timedelta(seconds=rng.uniform(1, 40))
        answered = min(routed + timedelta(hours=rng.uniform(1, 30)), now - timedelta(hours=1))
        reason, lead = rng.choice(reasons), before.lead
        again = Handoff(
            lead=lead, attempt=before.attempt + 1, outcome=Handoff.Outcome.RECYCLED,
            rep=before.rep, team=before.team, evidence=before.evidence,
            definition_id=before.definition_id, opened_at=opened, routed_at=routed,
            routing_reason="Had this lead before", due_at=calendar.add_minutes(routed, 240),
            remind_at=calendar.add_minutes(routed, 180), reminded_at=routed,
            escalated_at=routed, answered_at=answered, answered_by=before.rep,
            answer_minutes=calendar.minutes_between(routed, answered),
        )  # fmt: skip
        made.append(again)
        verdicts.append(
            Verdict(
                lead=lead, handoff=again, kind=Verdict.Kind.RECYCLED, reason=reason,
                by=before.rep, at=answered,
                key=f"demo:again:{lead.pk}:{again.attempt}",
            )
        )  # fmt: skip
        steps += steps_of(lead, again, reason)
        lead.stage_since = answered
        leads.append(lead)
    Handoff.objects.bulk_create(made, batch_size=BATCH)
    Verdict.objects.bulk_create(verdicts, batch_size=BATCH)
    bring_home(now, verdicts)
    StageTransition.objects.bulk_create(steps, batch_size=BATCH)
    Lead.objects.bulk_update(leads, ["stage_since"], batch_size=BATCH)


def steps_of(lead: Lead, again: Handoff, reason: Reason) -> list[StageTransition]:
    """Return the moves of a further attempt: to MQL and back."""
    assert again.answered_at
    moves = [
        (Stage.RECYCLED, Stage.MQL, again.opened_at, None, Cause(Code.DEFINITION_MET)),
        (
            Stage.MQL,
            Stage.RECYCLED,
            again.answered_at,
            again.rep,
            Cause(Code.GIVEN_BACK, reason.pk),
        ),
    ]
    return [
        StageTransition(
            lead=lead, old_stage=old, new_stage=new, at=at, recorded_at=at, actor=actor,
            definition_id=again.definition_id if new == Stage.MQL else None,
            **ledger.columns(cause),
        )
        for old, new, at, actor, cause in moves
    ]  # fmt: skip


def leave_unowned() -> None:
    """Let the last waiting handoffs of a team have found nobody."""
    waiting = Handoff.objects.waiting().exclude(rep__email="rita@example.com")
    chosen = list(waiting.order_by("-opened_at", "-pk")[:UNOWNED])
    Lead.objects.filter(pk__in=[one.lead_id for one in chosen]).update(owner=None)
    Handoff.objects.filter(pk__in=[one.pk for one in chosen]).update(
        rep=None, routed_at=None, due_at=None, remind_at=None, routing_reason="Nobody is available"
    )


def leave_uncalled(now: datetime) -> None:
    """Let some leads have been accepted days ago and never been called."""
    accepted = Handoff.objects.accepted().filter(
        lead__stage=Stage.SAL, answered_at__lt=now - timedelta(days=3)
    )
    chosen = list(accepted.order_by("-answered_at", "-pk").values_list("pk", "lead")[:UNCALLED])
    leads = [lead for _, lead in chosen]
    Activity.objects.filter(lead__in=leads).delete()
    FollowUp.objects.filter(lead__in=leads, key=None).delete()
    Handoff.objects.filter(pk__in=[pk for pk, _ in chosen]).update(first_contact_at=None)


def negotiate(rng: Random, now: datetime) -> None:
    """Log the negotiations of the deals that are in one."""
    deals = Deal.objects.open().filter(stage__name="Negotiation").order_by("pk")
    Activity.objects.bulk_create(
        Activity(
            lead_id=deal.lead_id,
            deal=deal,
            kind=Activity.Kind.NEGOTIATION,
            text=rng.choice(words.CALL_NOTES),
            minutes=rng.randrange(15, 60),
            at=now - (now - deal.stage_since) * rng.random(),
            by_id=deal.owner_id,
        )
        for deal in deals
    )


def react(rng: Random) -> None:
    """Let demos have been received as demos are."""
    demos = list(Activity.objects.filter(kind=Activity.Kind.DEMO).order_by("pk"))
    for demo in demos:
        demo.reaction = rng.choices(list(REACTIONS), weights=list(REACTIONS.values()))[0]
    Activity.objects.bulk_update(demos, ["reaction"], batch_size=BATCH)

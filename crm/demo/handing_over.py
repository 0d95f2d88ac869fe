"""The demo company's funnel: the ledger, the handoffs and what sales said of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any

from campaigns.models import Feedback, Touch
from crm.common.business_time import BusinessCalendar
from crm.demo import words
from crm.demo.agreements import Agreed
from crm.demo.marketing import BATCH, stage_now
from crm.demo.people import SOUTH, Cast
from crm.demo.plan import Life
from crm.funnel import ledger
from crm.funnel.causes import Code
from crm.funnel.models import Handoff, Reason, StageEntry, StageTransition, Verdict
from crm.stages import Stage
from crm.users.models import User
from leads.models import Lead

Explain = Callable[[Lead, list[Touch], datetime], list[dict[str, Any]]]


@dataclass
class Case:
    """All that belongs to one lead while its history is written."""

    life: Life
    lead: Lead
    touches: list[Touch]
    rep: User | None = None
    handoff: Handoff | None = None


def give_reps(rng: Random, cases: list[Case], cast: Cast) -> None:
    """Let each qualified lead have been offered to a rep of its country; who waits, in turn."""
    reps = {
        team: [rep for rep in cast.reps if rep.team and rep.team.name == team]
        for team in ("North", "South")
    }
    turns = {team: cycle(members) for team, members in reps.items()}
    owners = []
    for case in cases:
        if Stage.MQL not in case.life.at:
            continue
        team = "South" if str(case.lead.country) in SOUTH else "North"
        case.rep = next(turns[team]) if case.life.end == "waiting" else rng.choice(reps[team])
        if case.life.end not in ("rejected", "closed", "recycled"):
            case.lead.owner, case.lead.team = case.rep, case.rep.team
            owners.append(case.lead)
    Lead.objects.bulk_update(owners, ["owner", "team"], batch_size=BATCH)


def write_ledger(cases: list[Case], agreed: Agreed) -> None:
    """Write every move into the ledger, dated as it happened, and the entries it makes."""
    steps = [step for case in cases for step in steps_of(case, agreed)]
    StageTransition.objects.bulk_create(steps, batch_size=BATCH)
    StageEntry.objects.bulk_create(
        (entry for step in steps for entry in ledger.entries(step)),
        ignore_conflicts=True,
        batch_size=BATCH,
    )


def steps_of(case: Case, agreed: Agreed) -> list[StageTransition]:
    stages = [*case.life.at.items()]
    last, since = stage_now(case.life)
    if last != case.life.stage:
        stages.append((last, since))
    olds: list[Stage | str] = ["", *(stage for stage, _ in stages)]
    return [
        StageTransition(
            lead=case.lead,
            old_stage=old,
            new_stage=stage,
            at=at,
            recorded_at=at,
            actor=None if stage in (Stage.LEAD, Stage.MQL) else case.rep,
            definition=agreed.at(at) if stage == Stage.MQL else None,
            code=Code.DEFINITION_MET if stage == Stage.MQL else "",
        )
        for old, (stage, at) in zip(olds, stages, strict=False)
    ]


def hand_over(
    rng: Random,
    cases: list[Case],
    agreed: Agreed,
    calendar: BusinessCalendar,
    explain: Explain,
) -> None:
    """Create the handoff of each qualified lead, with its evidence and its answer."""
    offered = [case for case in cases if case.rep]
    for case in offered:
        case.handoff = handoff_of(rng, case, agreed, calendar, explain)
    Handoff.objects.bulk_create(
        (case.handoff for case in offered if case.handoff), batch_size=BATCH
    )


def handoff_of(
    rng: Random,
    case: Case,
    agreed: Agreed,
    calendar: BusinessCalendar,
    explain: Explain,
) -> Handoff:
    assert case.rep
    opened = case.life.at[Stage.MQL]
    routed = opened + timedelta(seconds=rng.uniform(1, 40))
    answered, outcome = answer_of(case.life)
    evidence = evidence_of(case, agreed, explain, rng.choice(words.MARKETING_NOTES))
    return Handoff(
        lead=case.lead,
        attempt=1,
        outcome=outcome,
        rep=case.rep,
        team=case.rep.team,
        evidence=evidence,
        definition=agreed.at(opened),
        opened_at=opened,
        note=evidence["note"],
        routed_at=routed,
        routing_reason=f"Round robin in team {case.rep.team}",
        due_at=calendar.add_minutes(routed, 240),
        remind_at=calendar.add_minutes(routed, 180),
        reminded_at=None if answered is None else routed,
        escalated_at=None if answered is None else routed,
        answered_at=answered,
        answered_by=case.rep if answered else None,
        answer_minutes=calendar.minutes_between(routed, answered) if answered else None,
        first_contact_at=answered + timedelta(hours=rng.uniform(0.2, 20))
        if answered and outcome == Handoff.Outcome.ACCEPTED
        else None,
    )


def answer_of(life: Life) -> tuple[datetime | None, Handoff.Outcome]:
    if life.end == "waiting":
        return None, Handoff.Outcome.WAITING
    if Stage.SAL in life.at:
        return life.at[Stage.SAL], Handoff.Outcome.ACCEPTED
    rejected = life.end in ("rejected", "closed")
    return life.ended_at, Handoff.Outcome.REJECTED if rejected else Handoff.Outcome.RECYCLED


def evidence_of(case: Case, agreed: Agreed, explain: Explain, note: str) -> dict[str, Any]:
    at = case.life.at[Stage.MQL]
    definition = agreed.at(at)
    lines = explain(case.lead, case.touches, at)
    score = sum(line["points"] for line in lines)
    missing = [f"score {score} of {definition.threshold}"] if score < definition.threshold else []
    seen = [touch for touch in case.touches if touch.at <= at]
    return {
        "score": score,
        "lines": lines,
        "touches": [
            {"label": f"{t.get_kind_display()}: {t.detail}", "at": t.at.isoformat()}
            for t in sorted(seen, key=lambda t: t.at, reverse=True)[:5]
        ],
        "campaign": str(case.lead.campaign),
        "channel": str(case.lead.channel),
        "consent": case.lead.consent,
        "consent_asked": case.lead.consent_asked_at is not None,
        "definition": definition.version,
        "note": note or (words.BY_HAND if missing else ""),
        "missing": missing,
    }


def judge(rng: Random, now: datetime, cases: list[Case]) -> None:
    """Write the verdicts, and bring them into the inboxes: those of the last days are unread."""
    reasons = {
        "closed": list(Reason.objects.filter(return_path=Reason.ReturnPath.CLOSE)),
        "rejected": list(Reason.objects.filter(return_path=Reason.ReturnPath.ENRICH)),
        "recycled": list(Reason.objects.filter(use=Reason.Use.RECYCLE)),
    }
    verdicts = [
        verdict_of(rng, case, reasons)
        for case in cases
        if case.handoff and case.handoff.answered_at
    ]
    Verdict.objects.bulk_create(verdicts, batch_size=BATCH)
    bring_home(now, verdicts)


def bring_home(now: datetime, verdicts: list[Verdict]) -> None:
    week_ago = now - timedelta(days=5)
    Feedback.objects.bulk_create(
        (
            Feedback(
                verdict=verdict,
                campaign_id=verdict.lead.campaign_id,
                owner_id=verdict.lead.campaign.owner_id if verdict.lead.campaign else None,
                created_at=verdict.at,
                read_at=verdict.at if verdict.at < week_ago else None,
            )
            for verdict in sorted(verdicts, key=lambda verdict: verdict.at)
        ),
        batch_size=BATCH,
    )


def verdict_of(rng: Random, case: Case, reasons: dict[str, list[Reason]]) -> Verdict:
    handoff = case.handoff
    assert handoff
    assert handoff.answered_at
    accepted = handoff.outcome == Handoff.Outcome.ACCEPTED
    options = [] if accepted else reasons[case.life.end]
    reason = rng.choices(options, weights=range(len(options), 0, -1))[0] if options else None
    return Verdict(
        lead=case.lead,
        handoff=handoff,
        key=f"handoff:{handoff.pk}:1",
        kind=handoff.outcome,
        reason=reason,
        note="Two attempts, no answer." if reason and reason.note_required else "",
        by=case.rep,
        at=handoff.answered_at,
    )

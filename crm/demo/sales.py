"""The demo company's sales: deals, what was said and done, and what comes next."""

from datetime import datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from crm.activities.models import Activity, FollowUp
from crm.demo import words
from crm.demo.handing_over import Case, bring_home
from crm.demo.marketing import BATCH
from crm.funnel.models import Verdict
from crm.stages import Stage
from crm.users.models import Organisation
from deals.models import Deal, DealMove, LostReason, Pipeline, PipelineStage


def sell(rng: Random, now: datetime, cases: list[Case], currency: str) -> list[Deal]:
    """Create the deal of each opportunity, open in some stage, won or lost."""
    pipeline = Pipeline.objects.all()[0]
    stages = list(pipeline.stages.all())
    lost = list(LostReason.objects.all())
    cases = [case for case in cases if Stage.OPPORTUNITY in case.life.at]
    deals = [deal_of(rng, now, case, stages, lost, currency) for case in cases]
    Deal.objects.bulk_create(deals, batch_size=BATCH)
    DealMove.objects.bulk_create(
        (
            DealMove(deal=deal, new=stages[0].name, at=deal.created_at, actor=deal.owner)
            for deal in deals
        ),
        batch_size=BATCH,
    )
    return deals


def deal_of(
    rng: Random,
    now: datetime,
    case: Case,
    stages: list[PipelineStage],
    lost: list[LostReason],
    currency: str,
) -> Deal:
    life, lead = case.life, case.lead
    opened = life.at[Stage.OPPORTUNITY]
    status, closed = Deal.Status.OPEN, None
    if Stage.CUSTOMER in life.at:
        status, closed = Deal.Status.WON, life.at[Stage.CUSTOMER]
    elif life.end == "lost":
        status, closed = Deal.Status.LOST, life.ended_at
    stage = stages[-1] if closed else rng.choices(stages, weights=[5, 4, 3, 3, 2][: len(stages)])[0]
    reached = opened + (now - opened) * rng.uniform(0.3, 0.9)
    return Deal(
        name=rng.choice(words.OFFERS),
        lead=lead,
        company_id=lead.company_id,
        pipeline_id=stage.pipeline_id,
        stage=stage,
        stage_since=closed or reached,
        status=status,
        amount_minor=round(rng.lognormvariate(9.3, 0.7) / 100) * 100 * 100,
        currency=currency,
        close_on=(closed or now + timedelta(days=rng.randrange(-6, 70))).date(),
        closed_at=closed,
        closed_on=localdate(closed, Organisation.get().zone) if closed else None,
        lost_reason=rng.choice(lost[:-1]) if status == Deal.Status.LOST else None,
        good_lead=None if status == Deal.Status.OPEN else rng.random() < 0.75,
        owner=case.rep,
        team=case.rep.team if case.rep else None,
        qualified_by=case.rep,
        last_activity_at=closed or now - (now - reached) * rng.random(),
        created_at=opened,
    )


def close_verdicts(now: datetime, deals: list[Deal]) -> None:
    """Bring home what became of the deals, months after the handoff."""
    verdicts = [
        Verdict(
            lead=deal.lead,
            key=f"deal:{deal.pk}:1",
            kind=deal.status,
            good_lead=deal.good_lead,
            reason_text=str(deal.lost_reason or ""),
            amount_minor=deal.amount_minor if deal.status == Deal.Status.WON else None,
            currency=deal.currency,
            by=deal.owner,
            at=deal.closed_at,
        )
        for deal in deals
        if deal.closed_at
    ]
    Verdict.objects.bulk_create(verdicts, batch_size=BATCH)
    bring_home(now, verdicts)


def keep_busy(rng: Random, now: datetime, cases: list[Case], deals: list[Deal]) -> None:
    """Write the calls and notes of the past, and the follow-ups of the coming days."""
    by_lead = {deal.lead_id: deal for deal in deals}
    activities, follow_ups = [], []
    for case in cases:
        if Stage.SAL not in case.life.at or case.rep is None:
            continue
        deal = by_lead.get(case.lead.pk)
        activities += activities_of(rng, now, case, deal)
        works = case.lead.owner_id and (deal.is_open if deal else not case.life.end)
        if works and rng.random() < 0.8:
            follow_ups.append(follow_up_of(rng, now, case, deal))
    Activity.objects.bulk_create(activities, batch_size=BATCH)
    FollowUp.objects.bulk_create(follow_ups, batch_size=BATCH)


def activities_of(rng: Random, now: datetime, case: Case, deal: Deal | None) -> list[Activity]:
    moments = [at for stage, at in case.life.at.items() if stage not in (Stage.LEAD, Stage.MQL)]
    made = []
    for at in moments:
        at = min(at + timedelta(hours=rng.uniform(0.1, 6)), now - timedelta(minutes=5))
        kind = rng.choices(
            [Activity.Kind.CALL, Activity.Kind.EMAIL, Activity.Kind.MEETING, Activity.Kind.DEMO],
            weights=[6, 3, 1, 1],
        )[0]
        made.append(
            Activity(
                lead=case.lead,
                deal=deal if deal and at >= deal.created_at else None,
                kind=kind,
                outcome=rng.choice(Activity.Outcome.values[:3]) if kind == "call" else "",
                text=rng.choice(words.CALL_NOTES),
                minutes=rng.randrange(3, 50) if kind != "email" else None,
                at=at,
                by=case.rep,
                created_at=at,
            )
        )
    return made


def follow_up_of(rng: Random, now: datetime, case: Case, deal: Deal | None) -> FollowUp:
    kind, title = rng.choice(
        [
            ("call", "Call about the decision"),
            ("call", "First call"),
            ("email", "Send the reference"),
            ("demo", "Show the capacity view"),
            ("meeting", "Meet operations and IT"),
        ]
    )
    day = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=rng.randrange(-3, 15))
    return FollowUp(
        lead=case.lead,
        deal=deal,
        kind=kind,
        title=title,
        due_at=day.replace(hour=rng.randrange(8, 16)),
        owner=case.rep,
        team=case.rep.team if case.rep else None,
    )

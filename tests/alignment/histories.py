"""Random histories of handoffs between two sides, and how to count them by hand."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from crm.activities.models import Activity
from crm.funnel import ledger
from crm.funnel.models import Handoff, MqlDefinition, Reason, StageEntry, StageTransition, Verdict
from crm.stages import Stage
from crm.users.models import User
from leads.models import Lead
from tests.factories import CompanyFactory

KINDS = [*Activity.CONTACTS, Activity.Kind.NOTE]


@dataclass
class History:
    handoffs: list[Handoff] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    qualified: dict[int, datetime] = field(default_factory=dict)


def tell(rng: Random, reps: list[User], until: datetime, *, leads: int = 40) -> History:
    """Write a history of the 400 days before `until`."""
    history = History()
    company = CompanyFactory()
    loose = MqlDefinition.current()
    strict = MqlDefinition.objects.create(
        version=2, threshold=50, required_fields=["email", "job_title"]
    )
    for number in range(leads):
        rep = rng.choice(reps)
        at = until - timedelta(days=rng.uniform(0, 400))
        lead = Lead.objects.create(
            name=f"Lead {number}",
            email=rng.choice(["", f"l{number}@example.org"]),
            phone=rng.choice(["", "+49 30 1"]),
            job_title=rng.choice(["", "CEO"]),
            company=rng.choice([company, None]),
            owner=rep,
            team=rep.team,
        )
        qualify(history, lead, at)
        for attempt in range(1, rng.randrange(1, 4)):
            handoff = handed(rng, lead, attempt, rep, at, rng.choice([loose, strict]))
            history.handoffs.append(handoff)
            call(rng, history, lead, rep, at)
            if handoff.answered_at is None:
                break
            at = handoff.answered_at + timedelta(days=rng.uniform(0.1, 20))
            if at > until:
                break
        if rng.random() < 0.5:
            close(rng, history, lead, min(at, until))
    return history


def qualify(history: History, lead: Lead, at: datetime) -> None:
    step = StageTransition.objects.create(lead=lead, old_stage="", new_stage=Stage.MQL, at=at)
    StageEntry.objects.bulk_create(ledger.entries(step))
    history.qualified[lead.pk] = at


def handed(
    rng: Random, lead: Lead, attempt: int, rep: User, at: datetime, definition: MqlDefinition
) -> Handoff:
    outcome = rng.choice(Handoff.Outcome.values)
    waits = outcome == Handoff.Outcome.WAITING
    return Handoff.objects.create(
        lead=lead,
        attempt=attempt,
        outcome=outcome,
        rep=rep,
        team=rep.team,
        definition=definition,
        opened_at=at,
        due_at=rng.choice([None, at + timedelta(hours=rng.uniform(1, 48))]),
        answered_at=None if waits else at + timedelta(hours=rng.uniform(0.1, 60)),
    )


def call(rng: Random, history: History, lead: Lead, rep: User, at: datetime) -> None:
    for _ in range(rng.randrange(0, 5)):
        history.activities.append(
            Activity.objects.create(
                lead=lead,
                kind=rng.choice(KINDS),
                at=at + timedelta(days=rng.uniform(-2, 25)),
                by=rng.choice([rep, rep, None]),
            )
        )


def close(rng: Random, history: History, lead: Lead, at: datetime) -> None:
    kind = rng.choice(["won", "lost", "accepted", "rejected"])
    reason = Reason.objects.all()[0] if kind == "rejected" else None
    history.verdicts.append(
        Verdict.objects.create(
            lead=lead,
            key=f"close-{lead.pk}",
            kind=kind,
            reason=reason,
            good_lead=rng.choice([None, True, False]),
            at=at,
            withdrawn_at=rng.choice([None, None, at]),
        )
    )

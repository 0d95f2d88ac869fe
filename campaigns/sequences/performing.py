"""What a step does for all leads that stand on it, in the transaction in which they walk on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef

from campaigns.sequences.conditions import asked_by
from campaigns.sequences.models import Enrolment, Step, StepRun
from campaigns.sequences.plans import Plan
from campaigns.sequences.steps import Asked
from campaigns.sequences.waiting import WORKING_DAYS, Wait, wait_until
from crm.activities.models import FollowUp
from crm.activities.services import title_of
from crm.common.business_time import BusinessCalendar
from crm.users.models import User


@dataclass(frozen=True)
class Result:
    """A step happened. ends: the sequence ends with it; reason: as which it then counts."""

    outcome: StepRun.Outcome = StepRun.Outcome.DONE
    note: str = ""
    ends: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Later:
    """A step could not happen yet: the lead stays, and it is tried again at `at`."""

    at: datetime
    note: str


Results = dict[int, Result | Later]
"""By the key of the enrolment."""

Performer = Callable[[Plan, Step, list[Enrolment], datetime], Results]


def end_wait(plan: Plan, step: Step, group: list[Enrolment], at: datetime) -> Results:
    return {enrolment.pk: Result() for enrolment in group}


def leave(plan: Plan, step: Step, group: list[Enrolment], at: datetime) -> Results:
    """End here; as goal reached, if the step says so."""
    reason = Enrolment.Reason.GOAL if step.settings.get("goal") else ""
    return {enrolment.pk: Result(ends=True, reason=reason) for enrolment in group}


def answer(plan: Plan, step: Step, group: list[Enrolment], at: datetime) -> Results:
    """Find out for which of the leads the branch's condition holds."""
    asked = Enrolment.objects.filter(pk__in=[enrolment.pk for enrolment in group])
    holds = asked_by(step).met(since=OuterRef("entered_at"))
    yes = set(asked.filter(holds).values_list("pk", flat=True))
    return {
        enrolment.pk: Result(StepRun.Outcome.YES if enrolment.pk in yes else StepRun.Outcome.NO)
        for enrolment in group
    }


def ask_people(plan: Plan, step: Step, group: list[Enrolment], at: datetime) -> Results:
    """Give each lead's follow-up to whom the step names; nobody there, it is left out."""
    asked = plan.reader.asked(step)
    due_at = follow_up_due(asked, at, plan.calendar)
    results: Results = {}
    made = []
    for enrolment in group:
        owner = asked.owner_for(enrolment.lead, plan.sequence)
        if owner is None or not owner.is_active:
            results[enrolment.pk] = Result(StepRun.Outcome.SKIPPED, "Nobody to give it to")
            continue
        made.append(follow_up(step, enrolment, asked, owner, due_at))
        results[enrolment.pk] = Result(note=f"For {owner}"[:250])
    FollowUp.objects.bulk_create(made, ignore_conflicts=True)
    return results


def follow_up(
    step: Step, enrolment: Enrolment, asked: Asked, owner: User, due_at: datetime
) -> FollowUp:
    """Return one lead's follow-up, not saved. Its key keeps the same from being made twice."""
    return FollowUp(
        lead=enrolment.lead,
        kind=asked.kind,
        title=asked.title or title_of(asked.kind, enrolment.lead),
        due_at=due_at,
        owner=owner,
        team_id=owner.team_id,
        key=f"sequence:{enrolment.pk}:{step.pk}",
    )


def follow_up_due(asked: Asked, at: datetime, calendar: BusinessCalendar) -> datetime:
    return wait_until(at, Wait(asked.days, WORKING_DAYS), calendar) if asked.days else at

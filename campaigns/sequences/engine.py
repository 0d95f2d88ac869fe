"""Leads walk on: what is due is taken in chunks, and everything that happens commits together.

A chunk's enrolments are locked, each step is done for all that stand on it, and the rows it writes
(mail, follow-ups, runs) and the places where the leads stand then commit in one transaction. Killed
at any point, none of it happened, and the next pass does it. Others pass over what is locked.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from campaigns.sequences import mailing, performing
from campaigns.sequences.models import Enrolment, Step, StepRun
from campaigns.sequences.performing import Later, Performer, Result
from campaigns.sequences.plans import Plan, plans_of
from campaigns.sequences.steps import wait_of
from campaigns.sequences.waiting import wait_until

logger = logging.getLogger(__name__)
CHUNK = 200
AFTER_FAILURE = timedelta(hours=1)
PERFORMERS: dict[Step.Kind, Performer] = {
    Step.Kind.WAIT: performing.end_wait,
    Step.Kind.EMAIL: mailing.send,
    Step.Kind.FOLLOW_UP: performing.ask_people,
    Step.Kind.BRANCH: performing.answer,
    Step.Kind.EXIT: performing.leave,
}


def advance_all(at: datetime | None = None) -> int:
    """Let everybody who is due walk on; return how many did. Safe to run many at one time."""
    total = 0
    while moved := advance_some(at or now()):
        total += moved
    return total


def advance_some(at: datetime) -> int:
    """Let one chunk walk on; if that fails, each of it alone, so that one holds up no other."""
    taken: list[int] = []
    try:
        with transaction.atomic():
            held = take(at)
            taken = [enrolment.pk for enrolment in held]
            Walk(held, at).run()
            return len(held)
    except Exception:
        if not taken:
            raise
        logger.exception("a chunk of %s enrolments failed", len(taken))
    return sum(advance_alone(pk, at) for pk in taken)


def take(at: datetime, **narrowed: int) -> list[Enrolment]:
    """Lock and return the next enrolments that are due; those that others hold are passed over."""
    due = Enrolment.objects.due(at).filter(**narrowed).order_by("due_at", "pk")
    free = due.select_for_update(skip_locked=True, of=("self",))
    return list(free.select_related("lead__owner__team", "lead__company")[:CHUNK])


def advance_alone(pk: int, at: datetime) -> int:
    """Let one enrolment walk on; if it cannot, note why and try again in an hour."""
    try:
        with transaction.atomic():
            Walk(take(at, pk=pk), at).run()
    except Exception as error:
        logger.exception("enrolment %s failed", pk)
        Enrolment.objects.filter(pk=pk).update(
            due_at=at + AFTER_FAILURE, note=f"Failed, tried again later: {error}"[:250]
        )
    return 1


class Walk:
    """One pass over some locked enrolments: each goes as far as it gets at the moment `at`."""

    def __init__(self, held: list[Enrolment], at: datetime) -> None:
        self.held, self.at = held, at
        self.plans = plans_of({enrolment.sequence_id for enrolment in held})
        self.runs: list[StepRun] = []
        self.passed: dict[int, set[int]] = {enrolment.pk: set() for enrolment in held}
        before = StepRun.objects.filter(enrolment__in=held).values_list("enrolment", "step")
        for enrolment, step in before:
            self.passed[enrolment].add(step)

    def run(self) -> None:
        walking = [enrolment for enrolment in self.held if self.is_at_work(enrolment)]
        while walking:
            walking = [enrolment for group in by_step(walking) for enrolment in self.perform(group)]
        self.save()

    def plan(self, enrolment: Enrolment) -> Plan:
        return self.plans[enrolment.sequence_id]

    def is_at_work(self, enrolment: Enrolment) -> bool:
        """Say whether the enrolment stands on a step to be done now, after it has got there."""
        tree, step = self.plan(enrolment).tree, enrolment.step_id
        if step is None:
            return self.arrive(enrolment, tree.first())
        if tree.nodes[step].removed:
            return self.arrive(enrolment, tree.after(step))
        return True

    def perform(self, group: list[Enrolment]) -> Iterator[Enrolment]:
        """Do the step on which the group stands; yield those whose next one is to be done now."""
        plan = self.plan(group[0])
        step = plan.steps[group[0].step_id or 0]
        results = PERFORMERS[Step.Kind(step.kind)](plan, step, group, self.at)
        for enrolment in group:
            result = results[enrolment.pk]
            if isinstance(result, Later):
                enrolment.due_at, enrolment.note = result.at, result.note
                continue
            self.note(enrolment, step, result)
            if result.ends:
                self.end(enrolment, reason=result.reason)
            elif self.arrive(enrolment, plan.tree.after(step.pk, result.outcome)):
                yield enrolment

    def note(self, enrolment: Enrolment, step: Step, result: Result) -> None:
        self.passed[enrolment.pk].add(step.pk)
        run = StepRun(
            enrolment=enrolment, step=step, at=self.at, outcome=result.outcome, note=result.note
        )
        self.runs.append(run)

    def arrive(self, enrolment: Enrolment, step: int | None) -> bool:
        """Stand on `step`, or end if there is none; return whether it is to be done at once.

        A step that was moved behind one that it was before may come again: it is passed over.
        """
        plan = self.plan(enrolment)
        while step in self.passed[enrolment.pk]:
            step = plan.tree.after(step)
        if step is None:
            self.end(enrolment)
            return False
        enrolment.step_id, enrolment.due_at, enrolment.note = step, self.at, ""
        found = plan.steps[step]
        if found.kind == Step.Kind.WAIT:
            enrolment.due_at = wait_until(self.at, wait_of(found), plan.calendar)
        return enrolment.due_at <= self.at

    def end(self, enrolment: Enrolment, reason: str = "") -> None:
        """Come to the end of the sequence, or leave at an exit for a reason."""
        enrolment.state = Enrolment.State.EXITED if reason else Enrolment.State.FINISHED
        enrolment.reason, enrolment.note = reason, ""
        enrolment.step_id, enrolment.ended_at = None, self.at

    def save(self) -> None:
        StepRun.objects.bulk_create(self.runs)
        changed = ["state", "reason", "step", "due_at", "note", "ended_at"]
        Enrolment.objects.bulk_update(self.held, changed)


def by_step(walking: list[Enrolment]) -> list[list[Enrolment]]:
    """Return the enrolments in groups that stand on the same step."""
    groups: dict[int, list[Enrolment]] = {}
    for enrolment in walking:
        groups.setdefault(enrolment.step_id or 0, []).append(enrolment)
    return list(groups.values())

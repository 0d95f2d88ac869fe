"""The numbers of sequences, each defined in docs/metrics.md#sequences and counted here alone.

All are of the leads that the reader sees.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from campaigns.sequences.models import Enrolment, Sequence, StepRun
from campaigns.sequences.querysets import SHOWN, EnrolmentQuerySet
from crm.users.models import User

SKIPPED = StepRun.Outcome.SKIPPED


@dataclass(frozen=True)
class Totals:
    """Walks through one sequence. enrolled = active + finished + goal + left; paused are active."""

    enrolled: int = 0
    active: int = 0
    paused: int = 0
    finished: int = 0
    goal: int = 0
    left: int = 0

    @property
    def goal_rate(self) -> float | None:
        """Goal reached ÷ walks that are over; None while none is."""
        over = self.enrolled - self.active
        return self.goal / over if over else None


@dataclass
class StepNumbers:
    """Walks that came to one step. entered = done + skipped + waiting + left."""

    done: int = 0
    skipped: int = 0
    waiting: int = 0
    left: int = 0
    yes: int = 0
    no: int = 0

    @property
    def entered(self) -> int:
        return self.done + self.skipped + self.waiting + self.left


def totals(sequences: Iterable[Sequence], user: User) -> dict[int, Totals]:
    """Return the totals of some sequences by key, in one query."""
    rows = list(sequences)
    mine = Enrolment.objects.visible_to(user).filter(sequence__in=rows).order_by()
    counted = {
        name: Count("pk", filter=shown) if shown else Count("pk") for name, shown in SHOWN.items()
    }
    found = {
        key: Totals(*counts)
        for key, *counts in mine.values_list("sequence")
        .annotate(**counted)
        .values_list("sequence", *SHOWN)
    }
    return {sequence.pk: found.get(sequence.pk, Totals()) for sequence in rows}


def step_numbers(sequence: Sequence, user: User) -> dict[int, StepNumbers]:
    """Return the numbers of a sequence's steps by key, in two queries; none for a step unseen."""
    mine = Enrolment.objects.visible_to(user).filter(sequence=sequence)
    numbers: dict[int, StepNumbers] = {}
    runs = StepRun.objects.filter(enrolment__in=mine.values("pk")).order_by()
    for step, outcome, count in runs.values_list("step", "outcome").annotate(n=Count("pk")):
        row = numbers.setdefault(step, StepNumbers())
        if outcome == SKIPPED:
            row.skipped += count
            continue
        row.done += count
        if outcome in (StepRun.Outcome.YES, StepRun.Outcome.NO):
            setattr(row, outcome, count)
    standing = mine.exclude(step=None).order_by().values_list("step")
    still, gone = Count("pk", filter=SHOWN["active"]), Count("pk", filter=~SHOWN["active"])
    for step, waiting, left in standing.annotate(still=still, gone=gone):
        row = numbers.setdefault(step, StepNumbers())
        row.waiting, row.left = waiting, left
    return numbers


def at_step(enrolments: EnrolmentQuerySet, step: int, what: str) -> EnrolmentQuerySet:
    """Return those of `enrolments` that the step's number `what` counts."""
    done = Q(runs__step=step, runs__outcome__in=["done", "yes", "no"])
    waiting, left = Q(step=step) & SHOWN["active"], Q(step=step) & ~SHOWN["active"]
    wanted = {
        "done": done,
        "skipped": Q(runs__step=step, runs__outcome=SKIPPED),
        "waiting": waiting,
        "left": left,
        "yes": Q(runs__step=step, runs__outcome="yes"),
        "no": Q(runs__step=step, runs__outcome="no"),
    }
    if what in wanted:
        return enrolments.filter(wanted[what])
    been = StepRun.objects.filter(step=step).values("enrolment")
    return enrolments.filter(Q(pk__in=been) | Q(step=step))

"""Writing a sequence: its steps, and whether it runs.

A live sequence may be edited. What has happened stays as it was (StepRun); who stands on a removed
step goes on with the next; who waits already, waits as long as it was told when the wait began.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from campaigns.segments.models import Segment
from campaigns.sequences.entering import ENTER
from campaigns.sequences.leaving import end_all
from campaigns.sequences.models import Enrolment, Sequence, Step
from campaigns.sequences.plans import plan_of
from campaigns.sequences.tree import DEEPEST
from crm.outbox import services as outbox

State = Sequence.State


class NotNow(ValueError):
    """The sequence is in no state for that; the message says why."""


class TooDeep(ValueError):
    """Branches lie inside each other twice at most."""


@transaction.atomic
def start(sequence: Sequence, *, at: datetime | None = None) -> None:
    """Let the sequence run, and its segment enter. Raises NotNow without a step, or if it runs."""
    locked = lock(sequence)
    if locked.state not in (State.DRAFT, State.PAUSED):
        raise NotNow(f"It is {locked.get_state_display().lower()}.")
    if not locked.steps.filter(removed_at=None).exists():
        raise NotNow("Add a step first.")
    moment = at or now()
    locked.state, locked.started_at = State.LIVE, locked.started_at or moment
    locked.save(update_fields=["state", "started_at"])
    outbox.enqueue(ENTER, f"{ENTER}:{locked.pk}:{moment.timestamp()}", {"sequence": locked.pk})


@transaction.atomic
def pause(sequence: Sequence) -> None:
    """Let nobody enter by segment nor walk on, until it is started again. Raises NotNow."""
    if not Sequence.objects.live().filter(pk=sequence.pk).update(state=State.PAUSED):
        raise NotNow("It is not live.")


@transaction.atomic
def archive(sequence: Sequence, *, at: datetime | None = None) -> int:
    """Put the sequence away for good; who walks through it leaves. Return how many did."""
    locked = lock(sequence)
    if locked.state == State.ARCHIVED:
        raise NotNow("It is archived already.")
    locked.state = State.ARCHIVED
    locked.save(update_fields=["state"])
    walking = Enrolment.objects.open().filter(sequence=locked)
    return end_all(walking, Enrolment.Reason.ARCHIVED, at or now())


def lock(sequence: Sequence) -> Sequence:
    """Return the sequence as it is stored; two who edit it at one time queue up."""
    return Sequence.objects.select_for_update().get(pk=sequence.pk)


@transaction.atomic
def add_step(
    sequence: Sequence,
    kind: Step.Kind,
    settings: dict[str, Any],
    *,
    segment: Segment | None = None,
    parent: Step | None = None,
    branch: str = "",
    after: Step | None = None,
) -> Step:
    """Add a step: behind `after`, or at the end of a branch of `parent`, or at the very end.

    Raises TooDeep for a branch inside two others, NotNow if the sequence is archived.
    """
    locked = open_for_edit(sequence)
    if after is not None:
        parent, branch = after.parent, after.branch
    tree = plan_of(locked).tree
    inside = 0 if parent is None else tree.depth(parent.pk) + 1
    if kind == Step.Kind.BRANCH and inside >= DEEPEST:
        raise TooDeep(f"Branches lie inside each other {DEEPEST} deep at most.")
    same = Step.objects.filter(sequence=locked, parent=parent, branch=branch)
    last = same.order_by("position").last()
    position = after.position + 1 if after else last.position + 1 if last else 0
    same.filter(position__gte=position).update(position=F("position") + 1)
    return Step.objects.create(
        sequence=locked, kind=kind, settings=settings, segment=segment,
        parent=parent, branch=branch, position=position,
    )  # fmt: skip


def open_for_edit(sequence: Sequence) -> Sequence:
    locked = lock(sequence)
    if locked.state == State.ARCHIVED:
        raise NotNow("An archived sequence is not changed any more.")
    return locked


@transaction.atomic
def edit_step(step: Step, settings: dict[str, Any], *, segment: Segment | None = None) -> None:
    """Change what a step does for those who come to it from now on. Raises NotNow."""
    open_for_edit(step.sequence)
    changed = Step.objects.filter(pk=step.pk, removed_at=None)
    if not changed.update(settings=settings, segment=segment):
        raise NotNow("The step was removed meanwhile.")


@transaction.atomic
def move_step(step: Step, *, down: bool) -> bool:
    """Let a step change places with its neighbour; False at the end of its list."""
    locked = open_for_edit(step.sequence)
    same = Step.objects.filter(
        sequence=locked, parent=step.parent, branch=step.branch, removed_at=None
    )
    order = list(same.order_by("position", "pk"))
    here = next((index for index, other in enumerate(order) if other.pk == step.pk), None)
    there = None if here is None else here + (1 if down else -1)
    if here is None or there is None or not 0 <= there < len(order):
        return False
    one, other = order[here], order[there]
    one.position, other.position = other.position, one.position
    Step.objects.bulk_update([one, other], ["position"])
    return True


@transaction.atomic
def remove_step(step: Step, *, at: datetime | None = None) -> int:
    """Remove a step, with all in its branches; return how many leads go on with the next one."""
    locked, moment = open_for_edit(step.sequence), at or now()
    gone = plan_of(locked).tree.within(step.pk)
    Step.objects.filter(pk__in=gone, removed_at=None).update(removed_at=moment)
    standing = Enrolment.objects.filter(step__in=gone)
    paused = standing.filter(state=Enrolment.State.PAUSED).update(due_at=F("paused_at"))
    return paused + standing.filter(state=Enrolment.State.RUNNING).update(due_at=moment)

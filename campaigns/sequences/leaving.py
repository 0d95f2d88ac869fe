"""Leaving a sequence before its end, and keeping still while the lead is with sales."""

from datetime import datetime

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Value

from campaigns.sequences.conditions import goal_of
from campaigns.sequences.models import Enrolment, Sequence
from campaigns.sequences.passing import change_all
from campaigns.sequences.querysets import OVER, EnrolmentQuerySet, with_sales

State = Enrolment.State


class NotOpen(Exception):
    """The lead has come to the end of the sequence, or has left it already."""


def leave_reached(at: datetime) -> int:
    """Let out who has reached the goal of his sequence, at whatever step."""
    total = 0
    for sequence in Sequence.objects.taking().exclude(goal="").select_related("goal_segment"):
        if goal := goal_of(sequence):
            walking = Enrolment.objects.open().filter(sequence=sequence)
            met = walking.filter(goal.met(since=OuterRef("entered_at")))
            total += end_all(met, Enrolment.Reason.GOAL, at)
    return total


def leave_over(at: datetime) -> int:
    """Let out customers and disqualified leads."""
    walking = Enrolment.objects.open()
    return sum(
        end_all(walking.filter(lead__stage=stage), Enrolment.Reason(reason), at)
        for stage, reason in OVER.items()
    )


def end_all(found: EnrolmentQuerySet, reason: Enrolment.Reason, at: datetime) -> int:
    """Let all of `found`, which are open, leave for `reason`; return how many."""
    return change_all(
        found, state=State.EXITED, reason=reason, ended_at=at, paused_at=None, note=""
    )


def pause_held(at: datetime) -> int:
    """Let leads keep still that are offered to sales or worked by a rep."""
    held = Enrolment.objects.filter(with_sales(), state=State.RUNNING)
    return change_all(held, state=State.PAUSED, paused_at=at)


def resume_returned(at: datetime) -> int:
    """Let those go on who came back: what was left of a wait when they paused is left now."""
    back = Enrolment.objects.filter(state=State.PAUSED).exclude(with_sales())
    return resume(back, at)


def resume(paused: EnrolmentQuerySet, at: datetime) -> int:
    later = F("due_at") + (Value(at, DateTimeField()) - F("paused_at"))
    due_at = ExpressionWrapper(later, DateTimeField())
    return change_all(paused, state=State.RUNNING, due_at=due_at, paused_at=None)


def take_out(enrolment: Enrolment, at: datetime) -> None:
    """Take a lead out of a sequence by hand. Raises NotOpen if it is over already."""
    left = Enrolment.objects.open().filter(pk=enrolment.pk)
    done = left.update(
        state=State.EXITED, reason=Enrolment.Reason.REMOVED, ended_at=at, paused_at=None, note=""
    )
    if not done:
        raise NotOpen

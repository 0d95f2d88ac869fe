"""Sequences for tests, said in few words."""

from datetime import datetime
from typing import Any

from django.utils.timezone import now

from campaigns.sequences import engine, entering, leaving
from campaigns.sequences.models import Enrolment, Sequence, Step
from leads.models import Lead

Kind = Step.Kind


def sequence_of(*kinds: Any, **values: Any) -> Sequence:
    """Return a live sequence with these steps in a row: kinds, or (kind, settings)."""
    values = {"name": "Nurture", "state": Sequence.State.LIVE, "started_at": now(), **values}
    sequence = Sequence.objects.create(**values)
    for place, kind in enumerate(kinds):
        kind, settings = kind if isinstance(kind, tuple) else (kind, {})
        step(sequence, kind, settings, position=place)
    return sequence


def step(
    sequence: Sequence,
    kind: Kind,
    settings: dict[str, Any] | None = None,
    *,
    parent: Step | None = None,
    branch: str = "",
    position: int = 0,
    segment: Any = None,
) -> Step:
    return Step.objects.create(
        sequence=sequence, kind=kind, parent=parent, branch=branch, position=position,
        segment=segment, settings=settings or {},
    )  # fmt: skip


def wait(amount: int = 1, unit: str = "days", at: str = "") -> tuple[Kind, dict[str, Any]]:
    return Kind.WAIT, {"amount": amount, "unit": unit, "at": at}


def follow_up(**settings: Any) -> tuple[Kind, dict[str, Any]]:
    return Kind.FOLLOW_UP, {"kind": "call", "title": "Call again", "for": "sequence", **settings}


def enter(sequence: Sequence, *leads: Lead, at: datetime | None = None) -> list[Enrolment]:
    entering.enrol(sequence, [lead.pk for lead in leads], how=Enrolment.How.HAND, at=at)
    return list(Enrolment.objects.filter(sequence=sequence).order_by("pk"))


def pass_by(at: datetime | None = None) -> None:
    """Do what the periodic task does, at this moment."""
    moment = at or now()
    leaving.leave_reached(moment)
    leaving.leave_over(moment)
    leaving.pause_held(moment)
    leaving.resume_returned(moment)
    engine.advance_all(moment)

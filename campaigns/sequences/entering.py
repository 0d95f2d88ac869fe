"""Entering a sequence: by segment, by coming back from sales, by hand. Once, unless told again."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now

from campaigns.segments.rules import RulesNotAccepted
from campaigns.segments.services import members
from campaigns.sequences.leaving import resume
from campaigns.sequences.models import Enrolment, Sequence
from campaigns.sequences.querysets import OVER, with_sales
from crm.funnel.handoffs import LEAD_RETURNED
from crm.users.models import User
from leads.models import Lead, LeadQuerySet

logger = logging.getLogger(__name__)

RETURNED = f"{LEAD_RETURNED}:sequences"
"""Payload {"lead": pk, "reason": pk or None}: what the funnel asks when a lead comes back."""

ENTER = "sequences.enter"
"""Payload {"sequence": pk}: enrol the members of its segment. Asked for when it is started."""

CHUNK = 500


class NotTaking(ValueError):
    """The sequence is a draft or archived: nobody enters it."""


def would_enter(sequence: Sequence) -> LeadQuerySet:
    """Return the leads of the entry segment that have not been in the sequence and are free.

    Who is with sales enters when he comes back, if he is in the segment still.
    """
    if sequence.entry_segment is None:
        return Lead.objects.none()
    try:
        found = members(sequence.entry_segment)
    except RulesNotAccepted:
        logger.exception("the rules of segment %s are not understood", sequence.entry_segment_id)
        return Lead.objects.none()
    been = Enrolment.objects.filter(sequence=sequence).values("lead")
    return found.exclude(pk__in=been).exclude(stage__in=OVER).exclude(with_sales("pk"))


def enter_all() -> int:
    """Enrol the members of the segments of all live sequences; return how many."""
    live = Sequence.objects.live().exclude(entry_segment=None).select_related("entry_segment")
    return sum(enter_members(sequence) for sequence in live)


def enter_members(sequence: Sequence) -> int:
    """Enrol who is in the entry segment, in chunks that commit one by one; return how many."""
    total, last = 0, 0
    free = would_enter(sequence).order_by("pk").values_list("pk", flat=True)
    while ids := list(free.filter(pk__gt=last)[:CHUNK]):
        last = ids[-1]
        total += enrol(sequence, ids, how=Enrolment.How.SEGMENT)
    return total


def handle_start(payload: dict[str, Any]) -> None:
    """The effect ENTER. Safe to run twice: who is in is passed over."""
    named = Sequence.objects.live().select_related("entry_segment")
    if sequence := named.filter(pk=payload["sequence"]).first():
        enter_members(sequence)


@transaction.atomic
def enrol(
    sequence: Sequence,
    lead_ids: Iterable[int],
    *,
    how: Enrolment.How,
    actor: User | None = None,
    again: bool = False,
    at: datetime | None = None,
) -> int:
    """Let leads enter; return how many. Who walks through now is passed over.

    again: also those that have walked through before
    Safe at one time with itself: the database keeps one turn, and one open walk, of a lead.
    """
    moment, ids = at or now(), list(lead_ids)
    turns = dict(
        Enrolment.objects.filter(sequence=sequence, lead__in=ids)
        .order_by()
        .values_list("lead")
        .annotate(last=Max("turn"))
    )
    walking = Enrolment.objects.open().filter(sequence=sequence, lead__in=ids)
    passed = set(walking.values_list("lead", flat=True)) if again else set(turns)
    new = [
        Enrolment(
            sequence=sequence, lead_id=pk, turn=turns.get(pk, 0) + 1, how=how,
            entered_at=moment, due_at=moment, entered_by=actor,
        )
        for pk in ids
        if pk not in passed
    ]  # fmt: skip
    Enrolment.objects.bulk_create(new, ignore_conflicts=True, batch_size=CHUNK)
    return len(new)


@dataclass(frozen=True)
class Chosen:
    """What adding leads by hand would do: how many are new, walk now, walked before, are out."""

    total: int
    walking: int
    before: int
    over: int

    def entering(self, *, again: bool) -> int:
        return self.total - self.walking - self.over - (0 if again else self.before)


def look_at(sequence: Sequence, leads: LeadQuerySet) -> Chosen:
    """Count what `add` would do with `leads`."""
    inside = leads.exclude(stage__in=OVER)
    mine = Enrolment.objects.filter(sequence=sequence)
    walking = inside.filter(pk__in=mine.open().values("lead"))
    before = inside.filter(pk__in=mine.values("lead"))
    now_walking, total = walking.count(), leads.count()
    return Chosen(total, now_walking, before.count() - now_walking, total - inside.count())


def add(sequence: Sequence, leads: LeadQuerySet, *, actor: User, again: bool = False) -> int:
    """Let `leads` enter by hand, in chunks; return how many did. Raises NotTaking.

    again: also those that have walked through before. Customers and disqualified ones never.
    """
    if not sequence.takes_leads:
        raise NotTaking(f"“{sequence}” is {sequence.get_state_display().lower()}.")
    total, last = 0, 0
    ids = leads.exclude(stage__in=OVER).order_by("pk").values_list("pk", flat=True)
    while chunk := list(ids.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1]
        total += enrol(sequence, chunk, how=Enrolment.How.HAND, actor=actor, again=again)
    return total


def enter_returned(payload: dict[str, Any]) -> None:
    """A lead came back from sales: where it was paused it goes on, and it enters what waits for it.

    The effect RETURNED; done once, in the transaction that marks it as done.
    """
    lead, reason, at = payload["lead"], payload["reason"], now()
    mine = Enrolment.objects.filter(lead=lead)
    resume(mine.filter(state=Enrolment.State.PAUSED).exclude(with_sales()), at)
    waiting = Sequence.objects.taking()
    told = waiting.filter(entry_reasons=reason) if reason else waiting.filter(entry_on_revisit=True)
    free = Lead.objects.filter(pk=lead).exclude(stage__in=OVER).exclude(with_sales("pk"))
    if free.exists():
        for sequence in told:
            again = sequence.enters_again
            enrol(sequence, [lead], how=Enrolment.How.RETURN, again=again, at=at)

"""Giving a seller's open leads, deals and waiting handoffs to others, and taking that back.

What is to change hands is written down first. Then chunk after chunk is carried out, each in one
transaction; a killed worker loses nothing and gives nothing twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from crm.activities.models import FollowUp
from crm.audit.acting import Door, acting
from crm.funnel import handoffs, routing
from crm.funnel.models import Handoff
from crm.home.models import RebalancedRow, Rebalancing
from crm.outbox import services as outbox
from crm.stages import Stage
from crm.users.models import User
from deals import services as deals
from deals.models import Deal
from leads import ownership
from leads.models import Lead

REBALANCE = "home.rebalance"
"""Payload {"rebalancing": pk, "back": bool}: the next chunk of one, there or back."""

AT_ONCE = 200
WORKED = (Stage.LEAD, Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY)
Kind, State = RebalancedRow.Kind, RebalancedRow.State
Item = tuple[str, int, int]
"""Kind, key, key of the lead."""


def sellers_of(user: User) -> "list[User]":
    """Return the active sellers whose work `user` may give to others, or give others' to."""
    sellers = User.objects.managed_by(user).sellers()
    return list(sellers.select_related("team").order_by("team__name", "name"))


@dataclass(frozen=True)
class Plan:
    """Who gets what: each item with its taker."""

    given: list[tuple[Item, User]]

    @property
    def count(self) -> int:
        return len(self.given)

    def counts(self, takers: Sequence[User]) -> list[tuple[User, list[int]]]:
        """Return for each taker how many of each kind, in the order of Kind."""
        found = Counter((taker.pk, item[0]) for item, taker in self.given)
        return [(taker, [found[taker.pk, kind] for kind in Kind.values]) for taker in takers]


def open_work(giver: User, user: User) -> dict[str, list[Item]]:
    """Return what of the giver's open work `user` sees, by kind.

    A lead that waits for an answer is a handoff here, not also a lead.
    """
    waiting = Handoff.objects.visible_to(user).waiting().filter(rep=giver).order_by("pk")
    offered = list(waiting.values_list("pk", "lead_id"))
    found = Lead.objects.visible_to(user).filter(owner=giver, stage__in=WORKED).order_by("pk")
    busy = {lead for _, lead in offered}
    open_deals = Deal.objects.visible_to(user).open().filter(owner=giver).order_by("pk")
    return {
        Kind.LEAD: [
            (Kind.LEAD, pk, pk) for pk in found.values_list("pk", flat=True) if pk not in busy
        ],
        Kind.DEAL: [(Kind.DEAL, *row) for row in open_deals.values_list("pk", "lead_id")],
        Kind.HANDOFF: [(Kind.HANDOFF, *row) for row in offered],
    }


def share_out(items: Sequence[Item], takers: Sequence[User]) -> Plan:
    """Deal the items out in turn; what belongs to one lead goes to one taker."""
    turn: dict[int, User] = {}
    for _, _, lead in items:
        turn.setdefault(lead, takers[len(turn) % len(takers)])
    return Plan([(item, turn[item[2]]) for item in items])


@transaction.atomic
def start(giver: User, plan: Plan, *, actor: User) -> Rebalancing:
    """Write down who gets what and begin: little is done at once, much by a worker."""
    made = Rebalancing.objects.create(actor=actor, giver=giver)
    RebalancedRow.objects.bulk_create(
        (
            RebalancedRow(rebalancing=made, kind=kind, object_id=pk, taker=taker)
            for (kind, pk, _), taker in plan.given
        ),
        batch_size=500,
    )
    carry_chunk(made, back=False)
    return made


@transaction.atomic
def undo(made: Rebalancing) -> bool:
    """Give back what was given and is still where it was put; False if that was asked before."""
    if not Rebalancing.objects.filter(pk=made.pk, undone_at=None).update(undone_at=now()):
        return False
    made.rows.filter(state=State.PLANNED).update(state=State.PASSED)
    carry_chunk(made, back=True)
    return True


def handle(payload: dict[str, Any]) -> None:
    made = Rebalancing.objects.filter(pk=payload["rebalancing"]).first()
    if made is not None:
        carry_chunk(made, back=payload["back"])


@transaction.atomic
@acting(door=Door.BULK)
def carry_chunk(made: Rebalancing, *, back: bool) -> None:
    """Carry out the next chunk, there or back, and ask for the one after it."""
    wanted = State.GIVEN if back else State.PLANNED
    rows = made.rows.select_for_update(of=("self",)).filter(state=wanted).order_by("pk")
    chunk = list(rows.select_related("taker__team")[: AT_ONCE + 1])
    more, chunk = len(chunk) > AT_ONCE, chunk[:AT_ONCE]
    for taker in {row.taker for row in chunk}:
        own = [row for row in chunk if row.taker == taker]
        old, new = (taker, made.giver) if back else (made.giver, taker)
        moved = hand_over(own, old, new, actor=made.actor or made.giver)
        done = State.RETURNED if back else State.GIVEN
        made.rows.filter(pk__in=moved).update(state=done)
        left = [row.pk for row in own if row.pk not in moved]
        made.rows.filter(pk__in=left).update(state=State.PASSED)
    if more:
        key = f"{REBALANCE}:{made.pk}:{'back' if back else 'there'}:{chunk[-1].pk}"
        outbox.enqueue(REBALANCE, key, {"rebalancing": made.pk, "back": back})


def hand_over(rows: list[RebalancedRow], old: User, new: User, *, actor: User) -> set[int]:
    """Give to `new` what of the rows is still `old`'s; return the keys of the rows moved."""
    by_kind = {
        kind: {row.object_id: row.pk for row in rows if row.kind == kind} for kind in Kind.values
    }
    return (
        give_leads(by_kind[Kind.LEAD], old, new, actor=actor)
        | give_deals(by_kind[Kind.DEAL], old, new, actor=actor)
        | give_handoffs(by_kind[Kind.HANDOFF], old, new, actor=actor)
    )


def give_leads(rows: dict[int, int], old: User, new: User, *, actor: User) -> set[int]:
    found = Lead.objects.filter(pk__in=rows, owner=old)
    moved = set(found.values_list("pk", flat=True))
    ownership.assign_owner(Lead.objects.filter(pk__in=moved, owner=old), new, actor=actor)
    return {rows[pk] for pk in moved}


def give_deals(rows: dict[int, int], old: User, new: User, *, actor: User) -> set[int]:
    """Their open follow-ups go along."""
    moved = []
    for deal in Deal.objects.open().filter(pk__in=rows, owner=old).select_related("stage"):
        try:
            deals.edit(deal, {"owner": new}, version=deal.version, actor=actor)
        except (deals.StaleDeal, deals.NotAllowedNow):
            continue
        moved.append(deal.pk)
    due = FollowUp.objects.open().filter(deal__in=moved, owner=old)
    due.update(owner=new, team=new.team)
    return {rows[pk] for pk in moved}


def give_handoffs(rows: dict[int, int], old: User, new: User, *, actor: User) -> set[int]:
    moved = set()
    waiting = Handoff.objects.waiting().filter(pk__in=rows, rep=old)
    for handoff in waiting.select_related("lead__company", "rep", "team"):
        try:
            routing.reassign(handoff, new, actor=actor)
        except handoffs.AlreadyAnswered:
            continue
        moved.add(rows[handoff.pk])
    return moved

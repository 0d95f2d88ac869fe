"""Handoffs, routing rules and turns of somebody who was switched off."""

from typing import Any

from django.db.models import Q, QuerySet

from crm.funnel.models import Handoff, RobinTurn, RoutingRule
from crm.funnel.routing import leave_in_queue, reassign
from crm.outbox import services as outbox
from crm.people.belongings import Kind, register_kind, reps
from crm.people.switching_off import SWITCHED_OFF
from crm.users.models import User, UserQuerySet

DROP_TURN = f"{SWITCHED_OFF}:turn"
"""Payload {"user": pk}: the round robin does not count who is gone."""


def handoffs_of(user: User) -> QuerySet[Handoff]:
    """Those of other people's leads: what waits for an own lead goes with the lead."""
    other = ~Q(lead__owner=user) | Q(lead__owner=None)
    return Handoff.objects.waiting().filter(other, rep=user)


def rules_of(user: User) -> QuerySet[RoutingRule]:
    return RoutingRule.objects.filter(rep=user)


def sellers_only(people: UserQuerySet) -> UserQuerySet:
    return people.sellers()


def give_handoffs(giver: User, taker: User | None, actor: User, most: int) -> int:
    waiting = Handoff.objects.waiting().filter(rep=giver).order_by("pk")
    found = list(waiting.select_related("lead__company", "lead__team", "rep", "team")[:most])
    for handoff in found:
        if taker:
            reassign(handoff, taker, actor=actor)
        else:
            leave_in_queue(handoff, handoff.lead.team or giver.team, actor=actor)
    return len(found)


def give_rules(giver: User, taker: User | None, actor: User, most: int) -> int:
    """Let rules name the new rep; without one, the team that they name, else the giver's."""
    found = list(rules_of(giver).select_for_update(of=("self",)).order_by("pk")[:most])
    for rule in found:
        rule.rep = taker
        if taker is None and rule.team is None:
            rule.team = giver.team
        rule.save(update_fields=["rep", "team"])
    return len(found)


def drop_turn(payload: dict[str, Any]) -> None:
    RobinTurn.objects.filter(rep=payload["user"]).delete()


def register() -> None:
    outbox.register(DROP_TURN, drop_turn)
    register_kind(
        Kind(
            key="handoffs",
            label="Handoffs",
            field="funnel.Handoff.rep",
            order=15,
            owned=handoffs_of,
            give=give_handoffs,
            takers=sellers_only,
            queue=True,
            costs=5,
            help="That wait for an answer, of leads that belong to others.",
        )
    )
    register_kind(
        Kind(
            key="rules",
            label="Routing rules",
            field="funnel.RoutingRule.rep",
            order=90,
            owned=rules_of,
            give=give_rules,
            takers=reps,
            queue=True,
            help="That give leads to this person.",
        )
    )

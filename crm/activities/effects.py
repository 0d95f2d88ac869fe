"""What activities do when something happens below them: effects asked for by other apps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from crm.activities import reminders
from crm.activities.models import Activity, FollowUp
from crm.activities.services import FIRST_CALL, title_of
from crm.funnel.handoffs import HANDOFF_ACCEPTED, AlreadyAnswered
from crm.funnel.models import Handoff
from crm.funnel.routing import leave_in_queue, reassign
from crm.notifications import services as notifications
from crm.users.models import Organisation, User
from leads.models import Lead
from leads.ownership import LEADS_ASSIGNED

TEAM_CHANGED = "users.team_changed:activities"
"""Payload {"user": pk}: one of the effects that crm.people asks for."""

Payload = dict[str, Any]


def register(take: Callable[[str, Callable[[Payload], None]], None]) -> None:
    """Take the effects that concern activities."""
    take(HANDOFF_ACCEPTED, set_first_call)
    take(LEADS_ASSIGNED, follow_owner)
    take(TEAM_CHANGED, follow_team)
    take(reminders.REMIND, reminders.remind)


def set_first_call(payload: Payload) -> None:
    """Set the rep who accepted a lead his first call, once, due when the organisation wants it.

    What he was told of the handoff is settled here, too: accepting shall take few statements.
    """
    handoff = Handoff.objects.select_related("lead", "rep__team").get(pk=payload["handoff"])
    accepted_at = handoff.answered_at or handoff.opened_at
    call = FollowUp(
        lead=handoff.lead,
        kind=Activity.Kind.CALL,
        title=title_of(Activity.Kind.CALL, handoff.lead),
        due_at=accepted_at + timedelta(minutes=Organisation.get().contact_minutes),
        owner=handoff.rep,
        team=handoff.rep.team if handoff.rep else handoff.team,
        key=f"{FIRST_CALL}{handoff.pk}",
    )
    FollowUp.objects.bulk_create([call], ignore_conflicts=True)
    notifications.settle(handoff.get_absolute_url())


def follow_owner(payload: Payload) -> None:
    """Give what is open for these leads to their new owner: waiting handoffs and follow-ups.

    Given to nobody, both go to the queue of the lead's team.
    """
    owner = User.objects.select_related("team").filter(pk=payload["owner"]).first()
    actor = User.objects.filter(pk=payload["actor"]).first()
    if payload["owner"] is None:
        leave_to_team(payload["leads"], actor)
    if owner is None or actor is None:
        return
    still = {"lead__in": payload["leads"], "lead__owner": owner}
    FollowUp.objects.open().filter(**still).exclude(owner=owner).update(
        owner=owner, team=owner.team
    )
    if not owner.is_sales:
        return
    waiting = Handoff.objects.waiting().filter(**still).exclude(rep=owner)
    for handoff in waiting.select_related("lead", "rep", "team").order_by("pk"):
        pass_on(handoff, owner, actor)


def leave_to_team(leads: list[int], actor: User | None) -> None:
    """Leave what is open for leads without an owner to their team: whoever is free takes it."""
    still = {"lead__in": leads, "lead__owner": None}
    team = Subquery(Lead.objects.filter(pk=OuterRef("lead")).values("team")[:1])
    FollowUp.objects.open().filter(**still).exclude(owner=None).update(owner=None, team=team)
    waiting = Handoff.objects.waiting().filter(**still).exclude(rep=None).order_by("pk")
    for handoff in waiting.select_related("lead__team", "rep", "team"):
        leave_in_queue(handoff, handoff.lead.team, actor=actor)


def pass_on(handoff: Handoff, owner: User, actor: User) -> None:
    """Give a waiting handoff to the lead's new owner, unless it is answered meanwhile."""
    try:
        reassign(handoff, owner, actor=actor)
    except AlreadyAnswered:
        return


def follow_team(payload: Payload) -> None:
    """Move the open follow-ups of a user who changed team along with him."""
    user = User.objects.select_related("team").filter(pk=payload["user"]).first()
    if user is not None:
        FollowUp.objects.open().filter(owner=user).update(team=user.team)

"""Who works here: making, changing and switching off users, and when they are away."""

from copy import copy
from datetime import date
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.timezone import now

from crm.audit import services as audit
from crm.common.retention import drop
from crm.outbox import services as outbox
from crm.users.models import Absence, Role, Team, User
from crm.users.permissions import may_grant

TEAM_CHANGED = "users.team_changed"
"""Effect {"user": id}. An app whose rows carry their owner's team registers its own kind that
begins with this, such as `users.team_changed:leads`, and each of them is asked."""

DROP_SESSIONS = "users.switched_off:sessions"
"""Effect {"user": id}: whoever is switched off is logged out everywhere, for good."""

PEOPLE_PAGE = "/settings/people/"
NOTED = ("email", "role", "scope", "team", "capacity", "weight")
CHANGEABLE = {"name", "email", "role", "scope", "team", "time_zone", "capacity", "weight"}


class NotAllowed(PermissionError):
    """This user may not do that to that other user."""


class LastAdministrator(ValueError):
    """The last administrator who can log in has to stay one."""

    def __init__(self) -> None:
        super().__init__("The last administrator has to stay. Make somebody else one first.")


def check_may_change(actor: User, user: User, role: str) -> None:
    """Raise NotAllowed unless `actor` may give `user` the role `role`, or the one he has."""
    if not may_grant(actor, Role(role)) or not may_grant(actor, Role(user.role)):
        raise NotAllowed(f"{actor} may not make {user} {Role(role).label}.")


def check_administrator_stays(user: User) -> None:
    """Raise LastAdministrator if nobody but `user` could administrate.

    Locks all administrators, in the order of their ids: two who switch off each other queue up.
    """
    locked = User.objects.administrators().select_for_update().order_by("pk")
    if {pk for (pk,) in locked.values_list("pk")} == {user.pk}:
        raise LastAdministrator


@transaction.atomic
def create_user(*, actor: User, name: str, email: str, role: str, scope: str, **work: Any) -> User:
    """Add a person who cannot log in until invited (crm.people.invitations.invite).

    work: team, capacity, weight, time_zone
    Raises NotAllowed if the role is above the actor's own.
    """
    user = User(role=role)
    check_may_change(actor, user, role)
    made = User.objects.create_user(email, name=name, role=role, scope=scope, **work)
    note(actor, f"{made} added", None, made)
    return made


def note(actor: User | None, what: str, before: User | None, after: User) -> None:
    """Leave the change of a person's rights and work in the audit."""
    audit.record_fields(actor, audit.Area.PEOPLE, what, before, after, NOTED, PEOPLE_PAGE)


@transaction.atomic
def edit_user(user: User, *, actor: User, **values: Any) -> User:
    """Change what is given of name, email, role, scope, team, time_zone, capacity, weight.

    A new team takes the person's leads, deals and handoffs along (TEAM_CHANGED).
    Raises NotAllowed, LastAdministrator.
    """
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"not to be changed here: {unknown}")
    if values.get("role", Role.ADMIN) != Role.ADMIN:
        check_administrator_stays(user)
    stored = User.objects.select_for_update().get(pk=user.pk)
    check_may_change(actor, stored, values.get("role", stored.role))
    old_team, before = stored.team_id, copy(stored)
    for field, value in values.items():
        setattr(stored, field, value)
    stored.save(update_fields=[*values])
    note(actor, f"{stored} changed", before, stored)
    if stored.team_id != old_team:
        tell_team_changed(stored)
    return stored


def tell_team_changed(user: User) -> None:
    """Ask every app whose rows carry their owner's team to write the new one."""
    at = now().timestamp()
    for kind in sorted(outbox.HANDLERS):
        if kind.startswith(TEAM_CHANGED):
            outbox.enqueue(kind, f"{kind}:{user.pk}:{at}", {"user": user.pk})


def plan_work(user: User, *, actor: User, capacity: int, weight: int) -> None:
    """Set how many leads may wait for a person, and his share of the round robin.

    Raises NotAllowed unless the actor manages the person.
    """
    if not User.objects.managed_by(actor).filter(pk=user.pk).exists():
        raise NotAllowed(f"{actor} does not manage {user}.")
    User.objects.filter(pk=user.pk).update(capacity=capacity, weight=weight)


def plan_absence(user: User, *, actor: User, first_day: date, last_day: date) -> Absence:
    """Note days on which `user` gets no handoff. Raises NotAllowed if not one's own or managed."""
    if user != actor and not User.objects.managed_by(actor).filter(pk=user.pk).exists():
        raise NotAllowed(f"{actor} does not manage {user}.")
    return Absence.objects.create(user=user, first_day=first_day, last_day=last_day)


# Teams ------------------------------------------------------------------------------------------


class TeamInUse(ValueError):
    """A team is deleted when its members have moved and no rule names it."""


@transaction.atomic
def delete_team(team: Team) -> None:
    """Delete an empty team. What waits in its queue then waits in no team's.

    Raises TeamInUse while anybody, switched off or not, belongs to it, or a rule gives leads to it.
    """
    Team.objects.select_for_update().get(pk=team.pk)
    if count := team.members.count():
        people = "1 person has" if count == 1 else f"{count} people have"
        raise TeamInUse(f"{people} to move to another team first.")
    try:
        team.delete()
    except ProtectedError as error:
        named = ", ".join(f"“{row}”" for row in error.protected_objects)
        raise TeamInUse(f"{team} is named by {named}. Change that first.") from None


def drop_sessions_of(payload: dict[str, Any]) -> None:
    """End all sessions of a user, so that switching on again opens none. Payload {"user": pk}."""
    running = Session.objects.filter(expire_date__gte=now()).only("session_key", "session_data")
    theirs = [
        session.session_key
        for session in running.iterator(chunk_size=500)
        if session.get_decoded().get(SESSION_KEY) == str(payload["user"])
    ]
    Session.objects.filter(session_key__in=theirs).delete()


def drop_ended_sessions() -> int:
    """Drop the sessions that have ended by their time; return how many."""
    return drop(Session.objects.filter(expire_date__lt=now()))

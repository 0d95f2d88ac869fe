"""Switching a person off and on again: the log-in ends, and each kind of record gets a new owner.

Nothing is lost and nothing is asked twice: who gets what is written down with the switch, and
carried out slice by slice through the outbox, one kind after the other. Quotas and what was won
stay with the person (docs/metrics.md), and so does all that says who did something.
"""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.timezone import now

from crm.audit import services as audit
from crm.outbox import services as outbox
from crm.people import belongings
from crm.people.belongings import Kind, begin_next, kinds
from crm.people.services import (
    PEOPLE_PAGE,
    check_administrator_stays,
    check_may_change,
)
from crm.users.models import Role, Transfer, User, UserQuerySet

SWITCHED_OFF = "users.switched_off"
"""Payload {"user": pk, "actor": pk}. Each registered kind that begins with this is asked."""

Takers = Mapping[str, User | None]
"""By kind: who gets it; None is the queue of the person's team."""
MANAGERS = {
    True: (Role.SALES_MANAGER, Role.ADMIN),
    False: (Role.MARKETING_MANAGER, Role.ADMIN),
}


class NoTaker(ValueError):
    """Somebody who may hold it has to take over what the person owns; the message says of what."""


def owned_by(user: User) -> list[tuple[Kind, int]]:
    """Return what `user` owns: each kind of which there is something, and how much."""
    counted = [(kind, kind.count(user)) for kind in kinds()]
    return [(kind, count) for kind, count in counted if count]


def takers_of(kind: Kind, user: User) -> UserQuerySet:
    """Return who may take over this kind from `user`."""
    return kind.takers(User.objects.exclude(pk=user.pk)).select_related("team")


def usual_taker(kind: Kind, people: Sequence[User], user: User) -> User | None:
    """Return who of `people` takes over if nothing else is said: the manager of the person's team.

    Without one, the only manager of the person's side; else nobody, and somebody has to be chosen.
    """
    for role in MANAGERS[user.is_sales]:
        found = [one for one in people if one.role == role]
        own = [one for one in found if user.team_id and one.team_id == user.team_id]
        if own or len(found) == 1:
            return (own or found)[0]
    return None


@transaction.atomic
def deactivate(user: User, *, actor: User, takers: Takers | None = None) -> None:
    """Switch a person off: no log-in, no new leads; what they own goes to `takers`.

    Raises NotAllowed, LastAdministrator, NoTaker.
    """
    check_administrator_stays(user)
    check_may_change(actor, user, user.role)
    if belongings.open_transfers_to(user):
        raise NoTaker(f"Records of somebody else still go to {user}. Wait a minute.")
    owned = owned_by(user)
    for kind, _ in owned:
        check_taker(kind, user, takers or {})
    User.objects.filter(pk=user.pk).update(is_active=False)
    audit.record(actor, audit.Area.PEOPLE, f"{user} switched off", url=PEOPLE_PAGE)
    ask_everybody(user, actor)
    same = {"giver": user, "asked_by": actor, "asked_at": now()}
    for kind, count in owned:
        taker = (takers or {})[kind.key]
        Transfer.objects.create(kind=kind.key, taker=taker, count=count, **same)
    begin_next(user)


def check_taker(kind: Kind, user: User, takers: Takers) -> None:
    """Raise NoTaker unless somebody takes over this kind who may hold it."""
    taker = takers.get(kind.key)
    if taker is None:
        if kind.key in takers and kind.may_wait(user):
            return
        raise NoTaker(f"Choose who gets the {kind.label.lower()} of {user}.")
    if not takers_of(kind, user).filter(pk=taker.pk).exists():
        raise NoTaker(f"{taker} cannot own {kind.label.lower()}.")


def ask_everybody(user: User, actor: User) -> None:
    """Let each room forget the person where nothing has to be given: sessions, turns."""
    at = now().timestamp()
    for listener in sorted(outbox.HANDLERS):
        if listener.startswith(f"{SWITCHED_OFF}:"):
            payload = {"user": user.pk, "actor": actor.pk}
            outbox.enqueue(listener, f"{listener}:{user.pk}:{at}", payload)


@transaction.atomic
def reactivate(user: User, *, actor: User) -> bool:
    """Switch a person on again; return whether somebody else has what was theirs.

    Nothing comes back by itself. What has not been given yet stays the person's.
    Raises NotAllowed.
    """
    check_may_change(actor, user, user.role)
    Transfer.objects.unfinished().filter(giver=user).update(done_at=now(), stopped=True)
    audit.record(actor, audit.Area.PEOPLE, f"{user} switched on", url=PEOPLE_PAGE)
    User.objects.filter(pk=user.pk).update(is_active=True)
    return Transfer.objects.filter(giver=user, moved__gt=0).exists()

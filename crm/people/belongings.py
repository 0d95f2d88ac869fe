"""What a person may own, kind by kind, as each room says it: counted, given, and to whom.

A room registers its kinds in its AppConfig.ready. Whoever is switched off is asked of each kind of
which there is something; docs/decisions/0090 says what moves and what stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.timezone import now

from crm.outbox import services as outbox
from crm.users.models import Role, Team, Transfer, User, UserQuerySet

TRANSFER = "users.transfer"
"""Effects {"transfer": pk, "actor": pk} of kinds such as `users.transfer:leads`: one slice."""
AT_ONCE = 200
"""Records that get their new owner in one transaction."""

Give = Callable[[User, User | None, User, int], int]
"""Give at most so many of a user's records to another, or None; return how many there were.

giver, taker, actor, most. Safe to run twice: it looks only at what is still the giver's.
"""


@dataclass(frozen=True)
class Kind:
    """One kind of record that has an owner.

    field: the owner's column, as "leads.Lead.owner"
    order: of leads before follow-ups: what hangs on a record goes with it
    owned: the records of a user that move
    takers: who may hold them
    queue: whether they may belong to nobody, in the queue of the team
    costs: how many times as long as others one takes, so that no slice lasts a second
    """

    key: str
    label: str
    field: str
    order: int
    owned: Callable[[User], QuerySet[Any]]
    give: Give
    takers: Callable[[UserQuerySet], UserQuerySet]
    queue: bool = False
    help: str = ""
    costs: int = 1

    def count(self, user: User) -> int:
        return self.owned(user).count()

    def may_wait(self, user: User) -> bool:
        """Whether what this user owns may go to the queue of the user's team."""
        return self.queue and user.team_id is not None


KINDS: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Let a switched-off person's records of this kind go to somebody else."""
    if KINDS.get(kind.key, kind).field != kind.field:
        raise ValueError(f"two kinds are called {kind.key}")
    KINDS[kind.key] = kind
    outbox.register(f"{TRANSFER}:{kind.key}", carry)


def kinds() -> list[Kind]:
    """Return all kinds in the order in which they are given."""
    return sorted(KINDS.values(), key=lambda kind: (kind.order, kind.key))


def carry(payload: dict[str, Any]) -> None:
    """Give the next records of one transfer, and ask for what follows. Safe to run twice."""
    locked = Transfer.objects.unfinished().select_for_update(of=("self",))
    named = locked.select_related("giver__team", "taker__team", "asked_by")
    transfer = named.filter(pk=payload["transfer"]).first()
    if transfer is None:
        return
    actor = transfer.asked_by or transfer.giver
    kind = KINDS[transfer.kind]
    most = AT_ONCE // kind.costs
    moved = kind.give(transfer.giver, transfer.taker, actor, most)
    transfer.moved += moved
    if moved < most:
        transfer.done_at = now()
    transfer.save(update_fields=["moved", "done_at"])
    begin_next(transfer.giver)


def begin_next(giver: User) -> None:
    """Ask for the next slice of what `giver` still has to give, in the order of the kinds."""
    following = Transfer.objects.unfinished().filter(giver=giver).first()
    if following is not None:
        kind = f"{TRANSFER}:{following.kind}"
        outbox.enqueue(
            kind,
            f"{kind}:{following.pk}:{following.moved}",
            {"transfer": following.pk, "actor": following.asked_by_id},
        )


# Who may hold what ------------------------------------------------------------------------------


def writers(people: UserQuerySet) -> UserQuerySet:
    return people.active().exclude(role=Role.VIEWER)


def sellers(people: UserQuerySet) -> UserQuerySet:
    return people.active().filter(role__in=(Role.REP, Role.SALES_MANAGER, Role.ADMIN))


def reps(people: UserQuerySet) -> UserQuerySet:
    return people.reps()


def marketers(people: UserQuerySet) -> UserQuerySet:
    return people.active().filter(role__in=(Role.MARKETER, Role.MARKETING_MANAGER, Role.ADMIN))


# How it is given --------------------------------------------------------------------------------


def change_owner(
    owned: QuerySet[Any], taker: User | None, most: int, *, column: str = "owner", **also: Any
) -> int:
    """Write a new owner into at most so many of the rows; return how many there were.

    also: other columns that change with it. The database notes the history of each row.
    """
    found = list(owned.order_by("pk").select_for_update(of=("self",))[:most])
    model: type[Model] = owned.model
    rows = model._default_manager.filter(pk__in=[row.pk for row in found])
    rows.update(**{column: taker}, **also)
    return len(found)


def give_by(owned: Callable[[User], QuerySet[Any]], *, column: str = "owner") -> Give:
    """Return how records are given on which nothing hangs but their owner's column."""

    def give(giver: User, taker: User | None, actor: User, most: int) -> int:
        return change_owner(owned(giver), taker, most, column=column)

    return give


def team_of(taker: User | None, giver: User) -> Team | None:
    """Return the team of the new owner; without one the giver's, in whose queue it waits."""
    return taker.team if taker else giver.team


def open_transfers_to(user: User) -> bool:
    return Transfer.objects.unfinished().filter(taker=user).exists()

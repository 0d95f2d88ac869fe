"""Open follow-ups of somebody who was switched off. What is done stays with who did it."""

from django.db.models import Q

from crm.activities.models import FollowUp, FollowUpQuerySet
from crm.people.belongings import Kind, change_owner, register_kind, team_of, writers
from crm.users.models import User


def follow_ups_of(user: User) -> FollowUpQuerySet:
    """Those on other people's leads and deals: the others go with the lead or deal."""
    goes_along = Q(lead__owner=user) | Q(deal__owner=user)
    return open_ones(user).exclude(pk__in=open_ones(user).filter(goes_along).values("pk"))


def open_ones(user: User) -> FollowUpQuerySet:
    return FollowUp.objects.open().filter(owner=user)


def give(giver: User, taker: User | None, actor: User, most: int) -> int:
    return change_owner(open_ones(giver), taker, most, team=team_of(taker, giver))


def register() -> None:
    register_kind(
        Kind(
            key="follow-ups",
            label="Follow-ups",
            field="activities.FollowUp.owner",
            order=50,
            owned=follow_ups_of,
            give=give,
            takers=writers,
            help="Open ones, on leads and deals of others.",
        )
    )

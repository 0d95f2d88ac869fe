"""Open deals of somebody who was switched off. What is won or lost stays with who closed it."""

from crm.activities.models import FollowUp
from crm.people.belongings import Kind, register_kind, sellers, team_of
from crm.users.models import User
from deals import services
from deals.models import Deal, DealQuerySet


def deals_of(user: User) -> DealQuerySet:
    return Deal.objects.open().filter(owner=user)


def give(giver: User, taker: User | None, actor: User, most: int) -> int:
    """Their open follow-ups go along; the deal's own history says from whom to whom."""
    found = deals_of(giver).select_for_update(of=("self",)).select_related("stage").order_by("pk")
    given = list(found[:most])
    for deal in given:
        services.edit(deal, {"owner": taker}, version=deal.version, actor=actor)
    theirs = FollowUp.objects.open().filter(deal__in=given, owner=giver)
    theirs.update(owner=taker, team=team_of(taker, giver))
    return len(given)


def register() -> None:
    register_kind(
        Kind(
            key="deals",
            label="Open deals",
            field="deals.Deal.owner",
            order=30,
            owned=deals_of,
            give=give,
            takers=sellers,
            costs=5,
            help="With their open follow-ups. Won and lost deals and quotas stay.",
        )
    )

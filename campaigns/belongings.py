"""Campaigns and their unread feedback of somebody who was switched off."""

from campaigns.models import Campaign, Feedback
from campaigns.querysets import CampaignQuerySet
from crm.people.belongings import Kind, change_owner, marketers, register_kind
from crm.users.models import User


def campaigns_of(user: User) -> CampaignQuerySet:
    return Campaign.objects.filter(owner=user)


def give(giver: User, taker: User | None, actor: User, most: int) -> int:
    """Feedback that the giver has not read yet goes along, as with any new owner."""
    moved = change_owner(campaigns_of(giver), taker, most)
    if moved < most:
        Feedback.objects.unread().filter(owner=giver).update(owner=taker)
    return moved


def register() -> None:
    register_kind(
        Kind(
            key="campaigns",
            label="Campaigns",
            field="campaigns.Campaign.owner",
            order=70,
            owned=campaigns_of,
            give=give,
            takers=marketers,
            help="With the feedback that nobody has read yet.",
        )
    )

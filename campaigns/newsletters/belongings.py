"""Newsletters of somebody who was switched off."""

from campaigns.newsletters.models import Newsletter
from campaigns.newsletters.querysets import NewsletterQuerySet
from crm.people.belongings import Kind, give_by, marketers, register_kind
from crm.users.models import User


def owned_by(user: User) -> NewsletterQuerySet:
    return Newsletter.objects.filter(owner=user)


def register() -> None:
    register_kind(
        Kind(
            key="newsletters",
            label="Newsletters",
            field="newsletters.Newsletter.owner",
            order=82,
            owned=owned_by,
            give=give_by(owned_by),
            takers=marketers,
        )
    )

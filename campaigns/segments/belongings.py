"""Segments of somebody who was switched off."""

from django.db.models import QuerySet

from campaigns.segments.models import Segment
from crm.people.belongings import Kind, give_by, marketers, register_kind
from crm.users.models import User


def owned_by(user: User) -> QuerySet[Segment]:
    return Segment.objects.filter(owner=user)


def register() -> None:
    register_kind(
        Kind(
            key="segments",
            label="Segments",
            field="segments.Segment.owner",
            order=81,
            owned=owned_by,
            give=give_by(owned_by),
            takers=marketers,
        )
    )

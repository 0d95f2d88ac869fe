"""Sequences of somebody who was switched off."""

from campaigns.sequences.models import Sequence
from campaigns.sequences.querysets import SequenceQuerySet
from crm.people.belongings import Kind, give_by, marketers, register_kind
from crm.users.models import User


def owned_by(user: User) -> SequenceQuerySet:
    return Sequence.objects.filter(owner=user)


def register() -> None:
    register_kind(
        Kind(
            key="sequences",
            label="Sequences",
            field="sequences.Sequence.owner",
            order=83,
            owned=owned_by,
            give=give_by(owned_by),
            takers=marketers,
            help="Follow-ups of their steps that are for the owner go to the new one.",
        )
    )

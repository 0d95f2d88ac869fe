"""Capture forms of somebody who was switched off."""

from campaigns.capture.models import CaptureForm, CaptureFormQuerySet
from crm.people.belongings import Kind, give_by, marketers, register_kind
from crm.users.models import User


def owned_by(user: User) -> CaptureFormQuerySet:
    return CaptureForm.objects.filter(owner=user)


def register() -> None:
    register_kind(
        Kind(
            key="forms",
            label="Forms",
            field="capture.CaptureForm.owner",
            order=80,
            owned=owned_by,
            give=give_by(owned_by),
            takers=marketers,
            help="The new owner hears of what waits for review.",
        )
    )

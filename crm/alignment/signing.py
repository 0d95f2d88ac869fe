"""Both sides sign each version of the MQL definition. It is in force with or without signatures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import now

from crm.alignment import comparing
from crm.alignment.measures import MARKETING, SALES
from crm.alignment.models import DefinitionSignature
from crm.funnel.agreements import DEFINITION_CHANGED
from crm.funnel.models import MqlDefinition
from crm.notifications import services as notifications
from crm.notifications.models import Notification
from crm.notifications.services import Notice
from crm.users.models import Role, User

TOLD = f"{DEFINITION_CHANGED}:alignment"
"""Payload {"version"}: a new version waits for both signatures."""

SIGNERS = {Role.MARKETING_MANAGER: MARKETING, Role.SALES_MANAGER: SALES}
"""Who signs for which side. An administrator signs for none."""


class NotInForce(ValueError):
    """The version is not the one in force any more; the message says which is."""


@dataclass(frozen=True)
class Version:
    """One version, what it changed, and who signed it."""

    definition: MqlDefinition
    changes: list[str]
    signatures: dict[str, DefinitionSignature]
    in_force: bool

    @property
    def is_agreed(self) -> bool:
        return len(self.signatures) == len(SIGNERS)

    @property
    def missing(self) -> list[str]:
        """The sides that have not signed."""
        return [side for side in SIGNERS.values() if side not in self.signatures]

    @property
    def sides(self) -> list[tuple[str, str, DefinitionSignature | None]]:
        """Each side with its word and its signature."""
        words = dict(DefinitionSignature.Side.choices)
        return [(side, words[side], self.signatures.get(side)) for side in SIGNERS.values()]


def versions(limit: int = 20) -> list[Version]:
    """Return the latest versions, the one in force first, in two queries."""
    rows = list(
        MqlDefinition.objects.select_related("created_by").prefetch_related("signatures__by")[
            : limit + 1
        ]
    )
    return [version_of(rows, place) for place in range(min(limit, len(rows)))]


def version_of(rows: Sequence[MqlDefinition], place: int) -> Version:
    definition = rows[place]
    before = rows[place + 1] if place + 1 < len(rows) else None
    return Version(
        definition,
        comparing.changes(before, definition) if before else [],
        {signature.side: signature for signature in definition.signatures.all()},
        in_force=place == 0,
    )


def url_of(definition: MqlDefinition) -> str:
    """Return the address at which a version is signed."""
    return f"{reverse('alignment:alignment')}#definition-{definition.version}"


@transaction.atomic
def sign(definition: MqlDefinition, *, by: User) -> bool:
    """Let a manager agree to the version in force for his side; False if his side had signed.

    Raises KeyError for who signs for no side, NotInForce if a newer version has come.
    """
    side = SIGNERS[Role(by.role)]
    current = MqlDefinition.objects.select_for_update().order_by("-version")[0]
    if current.pk != definition.pk:
        raise NotInForce(f"Version {current.version} is in force now. Sign that one.")
    _, new = DefinitionSignature.objects.get_or_create(
        definition=definition, side=side, defaults={"by": by, "at": now()}
    )
    if new and definition.signatures.count() == len(SIGNERS):
        notifications.settle(url_of(definition))
        tell_agreed(definition, by=by)
    return new


def managers() -> list[User]:
    """Return the managers of both sides."""
    return list(User.objects.active().filter(role__in=SIGNERS).order_by("pk"))


def tell_agreed(definition: MqlDefinition, *, by: User) -> None:
    notices = [
        Notice(
            user,
            f"definition:{definition.version}:agreed",
            f"Both sides have signed version {definition.version} of the MQL definition",
            url=url_of(definition),
        )
        for user in managers()
        if user != by
    ]
    notifications.notify_all(notices)


def handle_changed(payload: dict[str, Any]) -> None:
    """Ask both sides' managers to sign a new version. Twice it says nothing new."""
    version = versions(1)[0]
    if version.definition.version != payload["version"]:
        return  # a newer one has taken its place, and is asked for by itself
    definition = version.definition
    body = " ".join([*version.changes, definition.note]).strip()
    notices = [
        Notice(
            user,
            f"definition:{definition.version}:sign",
            f"Version {definition.version} of the MQL definition waits for your signature",
            body,
            url_of(definition),
            Notification.Kind.ACTION,
            by_mail=True,
        )
        for user in managers()
        if SIGNERS[Role(user.role)] in version.missing
    ]
    notifications.notify_all(notices)

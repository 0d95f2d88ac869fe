"""What can be done with the chosen leads of the list: its bulk bar, which other apps add to."""

from collections.abc import Collection
from dataclasses import dataclass

from django.urls import reverse

from crm.users.models import Role, User


@dataclass(frozen=True)
class BulkAction:
    """One button of the bulk bar: it posts the chosen leads to the URL `name` in a dialog."""

    label: str
    icon: str
    name: str
    roles: Collection[Role]

    @property
    def url(self) -> str:
        return reverse(self.name)


ACTIONS: dict[str, BulkAction] = {}


def register_bulk_action(label: str, icon: str, name: str, roles: Collection[Role]) -> None:
    """Add a button for `roles`. Called from an AppConfig.ready. See leads.views_bulk.chosen."""
    ACTIONS[name] = BulkAction(label, icon, name, roles)


def bulk_actions(user: User) -> list[BulkAction]:
    """Return the registered buttons that the user's role has."""
    return [action for action in ACTIONS.values() if user.role in action.roles]

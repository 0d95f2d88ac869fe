"""Playbooks under way of somebody who was switched off: their next steps are somebody else's."""

from crm.people.belongings import Kind, give_by, register_kind, sellers
from crm.users.models import User
from deals.playbooks.models import PlaybookRun, RunQuerySet


def runs_of(user: User) -> RunQuerySet:
    return PlaybookRun.objects.going().filter(owner=user)


def register() -> None:
    register_kind(
        Kind(
            key="playbooks",
            label="Playbooks under way",
            field="playbooks.PlaybookRun.owner",
            order=60,
            owned=runs_of,
            give=give_by(runs_of),
            takers=sellers,
            help="Their next follow-ups are the new owner's.",
        )
    )

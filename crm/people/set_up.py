"""The first run: from an empty database to an organisation with an administrator."""

from typing import Any

from django.db import transaction
from django.utils.timezone import now

from crm.outbox import services as outbox
from crm.outbox.models import Effect
from crm.users.models import Organisation, Role, Scope, User

LOAD_DEMO = "demo.load"
"""Effect {}: crm.demo fills the installation with the sample company."""

ORGANISATION, YOU, TEAM, START = 1, 2, 3, 4
STEPS = {ORGANISATION: "Organisation", YOU: "You", TEAM: "Your team", START: "Start"}


class AlreadyDone(Exception):
    """Another browser has taken this step of the set-up."""


def current() -> Organisation | None:
    """Return the organisation that is being set up; None when the set-up is over."""
    organisation = Organisation.get()
    return None if organisation.set_up_at else organisation


@transaction.atomic
def name_organisation(organisation: Organisation) -> None:
    """Save the first screen."""
    if not Organisation.objects.filter(pk=1).exists():
        organisation.set_up_step = ORGANISATION
        organisation.save(force_insert=True)
    else:
        kept = {"id", "set_up_at", "set_up_step"}
        organisation.save(
            update_fields=[f.name for f in Organisation._meta.fields if f.name not in kept]
        )
    advance(ORGANISATION)


def advance(step: int) -> bool:
    """Take the set-up on from `step`. False if it was further already."""
    waiting = Organisation.objects.filter(pk=1, set_up_at=None, set_up_step=step)
    return bool(waiting.update(set_up_step=step + 1))


@transaction.atomic
def create_administrator(**values: Any) -> User:
    """Save the second screen: the first administrator.

    Raises AlreadyDone if the step was taken, or if an administrator is there already.
    """
    if User.objects.administrators().exists() or not advance(YOU):
        raise AlreadyDone
    return User.objects.create_user(**values, role=Role.ADMIN, scope=Scope.ALL, joined_at=now())


@transaction.atomic
def finish(*, sample: bool = False) -> bool:
    """End the set-up, and ask for the sample company if wished. False if it was over already."""
    ended = Organisation.objects.filter(pk=1, set_up_at=None).update(set_up_at=now())
    if ended and sample:
        outbox.enqueue(LOAD_DEMO, LOAD_DEMO, {})
    return bool(ended)


def ask_for_sample() -> None:
    """Ask for the sample company after the set-up, once; crm.demo loads it if there is no lead."""
    outbox.enqueue(LOAD_DEMO, LOAD_DEMO, {})


def sample_state() -> str:
    """Return how loading the sample company stands: "" if nobody asked, else an Effect.State."""
    return Effect.objects.filter(key=LOAD_DEMO).values_list("state", flat=True).first() or ""

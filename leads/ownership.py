"""Whose leads they are: giving many at once, and taking that back."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from crm.audit.acting import acting
from crm.audit.models import Change
from crm.outbox import services as outbox
from crm.users.models import Team, User
from leads import writing
from leads.models import Lead

LEADS_ASSIGNED = "leads.assigned"
"""Payload {"leads": [pk], "owner": pk or None, "actor": pk}: what hangs on the owner follows."""

TEAM_CHANGED = "users.team_changed:leads"
"""Payload {"user": pk}: one of the effects that crm.people asks for."""

AT_ONCE = 500


@dataclass(frozen=True)
class Assignment:
    """What one act of giving changed: how many leads, and the batch that undoes it."""

    count: int
    batch: uuid.UUID


@transaction.atomic
def assign_owner(leads: QuerySet[Lead], owner: User | None, *, actor: User) -> Assignment:
    """Make `owner` the owner of all `leads`, his team theirs; None frees them for their team.

    Those that he owns already are left alone. One batch of history undoes it.
    Raises NotTheirs for an actor who does not decide whose a lead is.
    """
    writing.check_fields(actor, ["owner"])
    batch, count = uuid.uuid4(), 0
    for chunk in chunks(leads.filter(others(owner))):
        count += give(chunk, owner, actor=actor, batch=batch)
    return Assignment(count, batch)


def others(owner: User | None) -> Q:
    """Return the condition on leads that `owner` does not own."""
    return Q(owner__isnull=False) if owner is None else ~Q(owner=owner) | Q(owner=None)


def chunks(leads: QuerySet[Lead]) -> Iterator[list[int]]:
    """Yield the keys of `leads`, some at a time, in the order of the keys."""
    ids, last = leads.order_by("pk").values_list("pk", flat=True), 0
    while chunk := list(ids.filter(pk__gt=last)[:AT_ONCE]):
        yield chunk
        last = chunk[-1]


def give(ids: list[int], owner: User | None, *, actor: User, batch: uuid.UUID) -> int:
    """Change the owner of those of `ids` that are not his yet; see `assign_owner`."""
    found = Lead.objects.select_for_update().order_by("pk")
    rows = list(found.filter(others(owner), pk__in=ids).values_list("pk", flat=True))
    if rows:
        moved = {"owner": owner, "team": owner.team} if owner else {"owner": None}
        with acting(actor, batch=batch):
            Lead.objects.filter(pk__in=rows).update(**moved)
        tell(rows, owner, actor=actor)
    return len(rows)


def tell(ids: list[int], owner: User | None, *, actor: User) -> None:
    """Let the waiting handoffs and follow-ups of these leads follow their new owner."""
    outbox.enqueue(
        LEADS_ASSIGNED,
        f"{LEADS_ASSIGNED}:{uuid.uuid4()}",
        {"leads": ids, "owner": owner.pk if owner else None, "actor": actor.pk},
    )


@transaction.atomic
def take_back_assignment(batch: uuid.UUID, *, actor: User) -> int:
    """Give the leads of one assignment back to whom, and to which team, they belonged.

    Return how many. Only what `actor` did themself; a lead that has a new owner since stays there.
    Raises NotTheirs for an actor who does not decide whose a lead is.
    """
    former: dict[int | None, list[tuple[int, int | None]]] = {}
    teams: dict[int, int | None] = {}
    for change in Change.objects.of_field(Lead, "owner", "team").filter(batch=batch, actor=actor):
        if change.field == "team_id":
            teams[change.object_id] = change.value_before
        else:
            pair = (change.object_id, change.value_after)
            former.setdefault(change.value_before, []).append(pair)
    if former:
        writing.check_fields(actor, ["owner"])
    owners = {user.pk: user for user in User.objects.filter(pk__in=[k for k in former if k])}
    back, count = uuid.uuid4(), 0
    for old, pairs in former.items():
        new = pairs[0][1]
        kept = Lead.objects.filter(pk__in=[pk for pk, _ in pairs], owner=new)
        for chunk in chunks(kept):
            count += give(chunk, owners.get(old or 0), actor=actor, batch=back)
            with acting(actor, batch=back):
                restore_teams(chunk, teams)
    return count


def take_release_back(lead: Lead, batches: Collection[uuid.UUID]) -> None:
    """Give a lead that belongs to nobody back to whom it belonged before the acts `batches`."""
    released = Change.objects.of(lead).of_field(Lead, "owner", "team").filter(batch__in=batches)
    values: dict[str, Any] = {
        change.field: change.value_before for change in released.order_by("pk")
    }
    free = Lead.objects.filter(pk=lead.pk, owner=None)
    if values and free.update(recycled_until=None, **values):
        lead.refresh_from_db()


def restore_teams(ids: list[int], teams: Mapping[int, int | None]) -> None:
    """Put leads back into the teams that they were in. teams: {lead: team or None}"""
    known = set(Team.objects.filter(pk__in=set(teams.values())).values_list("pk", flat=True))
    former: dict[int | None, list[int]] = {}
    for pk in ids:
        if pk in teams:
            former.setdefault(teams[pk] if teams[pk] in known else None, []).append(pk)
    for team, leads in former.items():
        Lead.objects.filter(pk__in=leads).update(team=team)


def follow_team(payload: dict[str, Any]) -> None:
    """Move the leads of a user who changed team along with him. Payload {"user": pk}."""
    user = User.objects.filter(pk=payload["user"]).select_related("team").first()
    if user is not None:
        Lead.objects.filter(owner=user).exclude(team=user.team).update(team=user.team)

"""Writing playbooks, in order, with their steps. Runs keep the steps that they began with."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from deals.playbooks.models import Playbook, PlaybookStep


@transaction.atomic
def append(item: Playbook | PlaybookStep) -> Any:
    """Save a new playbook, or step, behind the others."""
    last = among(item).aggregate(last=Max("position"))["last"]
    item.position = 0 if last is None else last + 1
    item.save()
    return item


@transaction.atomic
def shift(item: Playbook | PlaybookStep, by: int) -> None:
    """Move it `by` places (negative is up) and number its list afresh."""
    items = list(among(item).select_for_update().order_by("position", "pk"))
    place = items.index(item)
    items.insert(max(0, min(len(items) - 1, place + by)), items.pop(place))
    for position, one in enumerate(items):
        among(item).filter(pk=one.pk).exclude(position=position).update(position=position)


def among(item: Playbook | PlaybookStep) -> Any:
    if isinstance(item, PlaybookStep):
        return PlaybookStep.objects.filter(playbook=item.playbook)
    return Playbook.objects.all()


@transaction.atomic
def remove(playbook: Playbook) -> bool:
    """Delete a playbook that never ran; one that did is no longer offered. Return which."""
    if playbook.runs.exists():
        Playbook.objects.filter(pk=playbook.pk).update(is_active=False)
        return False
    playbook.delete()
    return True

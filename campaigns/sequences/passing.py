"""Changing many enrolments, some at a time, without waiting for those that others hold."""

from typing import Any

from django.db import transaction

from campaigns.sequences.models import Enrolment
from campaigns.sequences.querysets import EnrolmentQuerySet

CHUNK = 500


def change_all(found: EnrolmentQuerySet, **change: Any) -> int:
    """Write `change` into all of `found`, which it must take out of `found`; return how many.

    Chunks commit one by one. What another holds is left for the next pass.
    """
    total = 0
    while changed := change_some(found, **change):
        total += changed
    return total


@transaction.atomic
def change_some(found: EnrolmentQuerySet, **change: Any) -> int:
    free = found.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    ids = list(free.values_list("pk", flat=True)[:CHUNK])
    return Enrolment.objects.filter(pk__in=ids).update(**change) if ids else 0

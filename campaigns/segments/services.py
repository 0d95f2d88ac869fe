"""What is done with segments: who belongs to one, and making, freezing and deleting them.

Members are of the whole organisation, whoever asks: a newsletter does not depend on its sender's
row scope. A page that shows them by name narrows them to its reader (`visible_to`).
"""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.timezone import localdate, now

from campaigns.segments import rules as reading
from campaigns.segments.models import Segment, SegmentMember
from campaigns.segments.usage import uses
from crm.users.models import User
from leads.models import Lead, LeadQuerySet
from leads.ownership import chunks


class SegmentNotAccepted(ValueError):
    """The segment cannot be kept so; the message says why."""


class NameTaken(SegmentNotAccepted):
    """Another segment has this name."""


class SegmentInUse(SegmentNotAccepted):
    """Something stands on the segment."""


def members(segment: Segment) -> LeadQuerySet:
    """Return the leads of `segment` now: unordered, lazy, each once, of the whole organisation.

    Raises RulesNotAccepted if the rules cannot be understood (any more).
    """
    if segment.is_static:
        listed = SegmentMember.objects.filter(segment=segment)
        return Lead.objects.filter(pk__in=listed.values("lead"))
    return selected(segment.rules)


def selected(tree: Any, *, known_values: bool = False) -> LeadQuerySet:
    """Return the leads that meet rules which need not be saved. Raises RulesNotAccepted."""
    return Lead.objects.filter(reading.read(tree, known_values=known_values).q())


def count(segment: Segment) -> int:
    """Return how many leads `segment` has now. Raises RulesNotAccepted as `members` does."""
    return members(segment).count()


def save(segment: Segment) -> Segment:
    """Write a new or changed segment. Raises NameTaken; RulesNotAccepted for rules of no sense."""
    if not segment.is_static:
        selected(segment.rules, known_values=True)
    segment.updated_at = now()
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError:
        raise NameTaken("Another segment has this name.") from None
    return segment


@transaction.atomic
def add_leads(segment: Segment, leads: QuerySet[Lead], *, actor: User) -> int:
    """Put `leads` into a static segment; return how many were not in it yet."""
    if not segment.is_static:
        raise SegmentNotAccepted("Its rules decide who belongs to a dynamic segment.")
    before = segment.listed.count()
    for pks in chunks(leads):
        SegmentMember.objects.bulk_create(
            [SegmentMember(segment=segment, lead_id=pk, added_by=actor) for pk in pks],
            ignore_conflicts=True,
        )
    return segment.listed.count() - before


@transaction.atomic
def remove_leads(segment: Segment, lead_ids: Iterable[int]) -> int:
    """Take leads out of a static segment; return how many were in it."""
    return SegmentMember.objects.filter(segment=segment, lead__in=list(lead_ids)).delete()[0]


@transaction.atomic
def freeze(segment: Segment, *, actor: User) -> Segment:
    """Return a new static segment with those who are in `segment` now."""
    kept = Segment(
        name=free_name(f"{segment.name}, {localdate():%-d %b %Y}"),
        kind=Segment.Kind.STATIC,
        owner=actor,
        note=f"Frozen from “{segment.name}”"[:250],
    )
    save(kept)
    add_leads(kept, members(segment), actor=actor)
    return kept


def free_name(wanted: str) -> str:
    """Return `wanted`, with a number behind it if a segment has that name already."""
    base, name, number = wanted[:110], wanted[:110], 1
    while Segment.objects.filter(name=name).exists():
        number += 1
        name = f"{base} ({number})"
    return name


@transaction.atomic
def delete(segment: Segment) -> None:
    """Delete a segment. Raises SegmentInUse while something stands on it."""
    held = Segment.objects.select_for_update().filter(pk=segment.pk).first()
    if held is None:
        return
    if found := uses(held):
        names = ", ".join(f"{use.what} “{use.name}”" for use in found[:3])
        raise SegmentInUse(f"It is used by {names}.")
    try:
        held.delete()
    except ProtectedError:
        raise SegmentInUse("Something else stands on it.") from None

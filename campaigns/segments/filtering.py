"""The lead list narrowed to a segment: `/leads/?segment=3`."""

from campaigns.segments.models import Segment
from campaigns.segments.rules import RulesNotAccepted
from campaigns.segments.services import members
from crm.common import parameters
from crm.users.models import User
from leads.models import LeadQuerySet


def in_segment(leads: LeadQuerySet, word: str, user: User) -> LeadQuerySet:
    """Return those of `leads` that are in the segment; nobody if it is gone or damaged."""
    segment = named(word)
    if segment is None:
        return leads.none()
    try:
        return leads.filter(pk__in=members(segment).values("pk"))
    except RulesNotAccepted:
        return leads.none()


def segment_label(word: str) -> str:
    return str(named(word) or "unknown")


def named(word: str) -> Segment | None:
    return Segment.objects.filter(pk__in=parameters.keys([word])).first()

"""The members of a campaign: the leads that it brought in, touched, or that were invited by hand.

Their response is what somebody set; otherwise their touches say it: who came to an event or
webinar attended, who did anything else responded, who did nothing was invited.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, MemberResponse, Response, Touch
from crm.users.models import User
from leads.models import Lead, LeadQuerySet

CAME = (Touch.Kind.EVENT, Touch.Kind.WEBINAR)


def members(campaign: Campaign, user: User, response: str = "") -> LeadQuerySet:
    """Return the members that `user` sees, with `response`; of one response if it is given."""
    touched = Touch.objects.filter(campaign=campaign)
    is_member = (
        Q(campaign=campaign)
        | Q(pk__in=touched.values("lead"))
        | Q(pk__in=campaign.responses.values("lead"))
    )
    found = with_response(Lead.objects.visible_to(user).filter(is_member), campaign)
    return found.filter(Q(response=response)) if response else found


def with_response(leads: LeadQuerySet, campaign: Campaign) -> LeadQuerySet:
    """Annotate `by_hand` (a Response or None) and `response`, what it is in the end."""
    touches = Touch.objects.filter(campaign=campaign, lead=OuterRef("pk"))
    by_hand = MemberResponse.objects.filter(campaign=campaign, lead=OuterRef("pk"))
    return leads.annotate(
        by_hand=Subquery(by_hand.values("response")[:1]),
        response=Coalesce(
            "by_hand",
            Case(
                When(Exists(touches.filter(kind__in=CAME)), then=Value(Response.ATTENDED.value)),
                When(Exists(touches), then=Value(Response.RESPONDED.value)),
                default=Value(Response.INVITED.value),
            ),
        ),
    )


@dataclass(frozen=True)
class Member:
    """One member as a row shows it: the lead, and how often and when last it answered."""

    lead: Lead
    response: str
    by_hand: str | None
    touches: int = 0
    last: datetime | None = None


def as_members(campaign: Campaign, leads: list[Lead]) -> list[Member]:
    """Return the members that these leads, of `members`, are."""
    touches = Touch.objects.filter(campaign=campaign, lead__in=leads).order_by()
    rows = touches.values_list("lead").annotate(count=Count("pk"), last=Max("at"))
    found = {lead: (count, last) for lead, count, last in rows}
    return [
        Member(lead, said_of(lead, "response"), said_of(lead, "by_hand"), *found.get(lead.pk, ()))
        for lead in leads
    ]


def said_of(lead: Lead, name: str) -> Any:
    """Return what `with_response` has annotated."""
    return getattr(lead, name)

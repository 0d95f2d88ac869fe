"""Follow-ups of deals: taken along from the lead, closed with the deal, opened again with it."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils.timezone import now

from crm.activities import reminders
from crm.activities.models import FollowUp
from crm.activities.services import NextStep, plan_follow_up
from crm.users.models import User
from leads.models import Lead


def take_along(lead: Lead, deal: Any) -> int:
    """Let the lead's open follow-ups and meetings belong to the deal that it became."""
    return FollowUp.objects.open().filter(lead=lead, deal=None).update(deal=deal)


def plan_once(lead: Lead, step: NextStep, *, owner: User | None, deal: Any) -> FollowUp:
    """Plan the next step of a deal; an open one of the same kind is moved instead of doubled.

    One to which somebody was invited stays where it is: the guest knows its time.
    """
    same = FollowUp.objects.open().filter(deal=deal, kind=step.kind, guest="", owner=owner)
    found = same.select_related("owner", "lead").order_by("due_at", "pk").first()
    if found is None:
        return plan_follow_up(lead, step, owner=owner, deal=deal)
    found.due_at, found.day = step.due_at, step.day
    found.save(update_fields=["due_at", "day"])
    reminders.ask(found)
    return found


def close_with_deals(deals: Collection[int]) -> int:
    """Close what is open for deals that were won or lost; return how many follow-ups.

    A meeting to come that somebody outside was invited to stays: it takes place all the same.
    """
    at = now()
    waiting = FollowUp.objects.open().filter(deal__in=deals)
    invited = Q(due_at__gt=at) & ~Q(guest="")
    return waiting.exclude(invited).update(done_at=at, closed_with_deal=True)


def open_with_deal(deal: int) -> int:
    """Open again what was closed with a deal."""
    closed = FollowUp.objects.filter(deal=deal, closed_with_deal=True)
    return closed.update(done_at=None, closed_with_deal=False)

"""Offering leads that were held back: some each working day, or all at once."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import HeldLead, Rescoring
from campaigns.services.qualifying import OFFERABLE, today
from campaigns.services.rescoring import progress
from campaigns.services.scores import SCORE_LEAD
from crm.audit import services as audit
from crm.funnel.models import MqlDefinition, Offering
from crm.outbox import services as outbox
from crm.users.calendar import business_calendar
from crm.users.models import User


@dataclass(frozen=True)
class Held:
    """What is held back. offering, a_day: how the latest change said they are offered."""

    count: int
    offering: str
    a_day: int


def held_now() -> Held | None:
    """Return how many leads are held back and what becomes of them; None: no lead is."""
    count = HeldLead.objects.filter(lead__stage__in=OFFERABLE).count()
    newest = Rescoring.objects.order_by("-pk").first()
    if not count or newest is None:
        return None
    return Held(count, newest.offering, newest.a_day)


def offer_todays() -> int:
    """Offer today's share of the leads held back; return of how many this was asked.

    Once a working day, when all leads are scored by the latest rules. Safe to call at any time.
    """
    day = today()
    if progress().is_running or not business_calendar().is_working_day(day):
        return 0
    return take_turn(day)


@transaction.atomic
def take_turn(day: date) -> int:
    """Release the highest scores, as many as the latest change allows on one day."""
    newest = Rescoring.objects.select_for_update().order_by("-pk").first()
    if newest is None or newest.offering != Offering.DAILY or newest.offered_on == day:
        return 0
    HeldLead.objects.exclude(lead__stage__in=OFFERABLE).delete()
    newest.offered_on = day
    newest.save(update_fields=["offered_on"])
    ready = HeldLead.objects.filter(lead__score__gte=MqlDefinition.current().threshold)
    return release(ready.order_by("-lead__score", "pk")[: newest.a_day])


def release(held: QuerySet[HeldLead]) -> int:
    """Let leads go, and ask that each is scored, so that it is offered if it is still ready."""
    rows = list(held.values_list("pk", "lead"))
    HeldLead.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    wishes: list[tuple[str, dict[str, Any]]] = [
        (f"score:held:{pk}", {"lead": lead}) for pk, lead in rows
    ]
    outbox.enqueue_many(SCORE_LEAD, wishes)
    return len(rows)


@transaction.atomic
def offer_all_now(*, by: User) -> int:
    """Offer every lead that is held back, by a manager's decision; return how many were held."""
    count = release(HeldLead.objects.all())
    if count:
        audit.record(
            by, audit.Area.SCORING, f"{count} leads held back are offered now",
            url="/settings/scoring/",
        )  # fmt: skip
    return count

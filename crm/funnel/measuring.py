"""How long sales took to answer, in business minutes: a fact of the handoff, for the reports.

Measured once after the answer, by the calendar of that day, so that a report over a year need not
walk through its holidays again.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from crm.funnel.models import Handoff
from crm.users.calendar import business_calendar

ANSWERED = "funnel.answered"
"""Payload {"handoff"}: sales has answered it."""


def handle(payload: dict[str, Any]) -> None:
    handle_all([payload])


@transaction.atomic
def handle_all(payloads: list[dict[str, Any]]) -> None:
    """Measure the handoffs named. One whose answer was taken back meanwhile is left alone."""
    asked = [payload["handoff"] for payload in payloads]
    measure(Handoff.objects.filter(pk__in=asked, answered_at__isnull=False))


def measure(handoffs: Iterable[Handoff]) -> None:
    """Write the business minutes from routed to answered; none for one that was never routed."""
    calendar, measured = business_calendar(), []
    for handoff in handoffs:
        handoff.answer_minutes = handoff.rep_minutes(calendar)
        measured.append(handoff)
    Handoff.objects.bulk_update(measured, ["answer_minutes"], batch_size=500)

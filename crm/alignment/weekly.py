"""The weekly mail to the managers of both sides: how the promises stand, what waits for them."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now

from campaigns.services.digests import iso_week, week_due
from crm.alignment import signing
from crm.alignment.report import answer
from crm.mailing import services as mailing
from crm.outbox import services as outbox
from crm.reports.questions import Question
from crm.users.models import Organisation, User

WEEKLY = "alignment.weekly"
"""Payload {"monday"}: the mails of the week that begins on this day."""


def ask_for_mails(at: datetime | None = None) -> bool:
    """Ask for the mails that are due, once for each week; False: that was asked before.

    Due with the campaigns' digests: on the organisation's weekday and hour, in its zone.
    """
    organisation = Organisation.get()
    if organisation.set_up_at is None:
        return False
    monday = week_due(at or now(), organisation)
    wish = (f"alignment:{iso_week(monday)}", {"monday": monday.isoformat()})
    return bool(outbox.enqueue_many(WEEKLY, [wish]))


@transaction.atomic
def handle(payload: dict[str, Any]) -> None:
    """Mail both sides' managers. Twice it changes nothing: each mail has its key."""
    monday = date.fromisoformat(payload["monday"])
    for user in signing.managers():
        if user.email and user.can_log_in:
            send(user, monday)


def send(user: User, monday: date) -> bool:
    """Mail one manager how this month stands; False if that went before."""
    found = answer(Question(user=user))
    sides, disputes = found.own["sides"], found.tables[-1]
    with timezone.override(user.zone):
        return mailing.send(
            key=f"alignment:{iso_week(monday)}:{user.pk}",
            to=user.email or "",
            subject=f"Alignment, {found.asked['period']}: {headline(sides)}",
            template="alignment",
            context={
                "user": user,
                "answer": found,
                "sides": sides,
                "disputes": disputes,
                "version": signing.versions(1)[0],
                "path": reverse("alignment:alignment"),
            },
        )


def headline(sides: list[dict[str, Any]]) -> str:
    """Say how many of the promises with a target hold."""
    tones = [measure["tone"] for side in sides for measure in side["measures"]]
    judged = [tone for tone in tones if tone != "quiet"]
    if not judged:
        return "no targets yet"
    return f"{judged.count('won')} of {len(judged)} promises hold"

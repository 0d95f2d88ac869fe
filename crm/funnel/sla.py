"""Deadlines of handoffs: a reminder to the rep, an escalation to the manager, each exactly once.

What is due is a question to the rows, asked every minute: a beat that was away catches up at the
next one, and of two beats only one wins the conditional UPDATE that claims a row.
"""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from crm.common import formats
from crm.funnel.models import Handoff, HandoffQuerySet
from crm.funnel.routing import managers_of
from crm.notifications import services as notifications
from crm.notifications.models import Notification
from crm.users.models import Organisation
from leads.models import Lead

BATCH = 500


def watch() -> tuple[int, int]:
    """Remind and escalate what is due; return how many this call did of each."""
    return remind_due(), escalate_due()


def remind_due() -> int:
    """Remind each rep who has used up most of his time (Organisation.remind_percent)."""
    return sum(remind(handoff) for handoff in batch(Handoff.objects.to_remind(Now())))


def escalate_due() -> int:
    """Tell the managers of every handoff whose deadline has passed."""
    return sum(escalate(handoff) for handoff in batch(Handoff.objects.to_escalate(Now())))


def batch(due: HandoffQuerySet) -> list[Handoff]:
    return list(due.select_related("lead", "rep", "team").order_by("due_at", "pk")[:BATCH])


@transaction.atomic
def remind(handoff: Handoff) -> bool:
    """Remind the rep. False if another run was first, or it was answered or passed on meanwhile."""
    same = Handoff.objects.to_remind(Now()).filter(pk=handoff.pk, rep=handoff.rep)
    if handoff.rep is None or not same.update(reminded_at=Now()):
        return False
    notifications.notify(
        handoff.rep,
        key=f"handoff:{handoff.pk}:remind:{stamp(handoff.due_at)}",
        title=f"{handoff.lead} is still waiting for your answer",
        body=f"Accept, reject or recycle until {when(handoff)}.",
        url=handoff.get_absolute_url(),
        kind=Notification.Kind.ACTION,
        by_mail=True,
    )
    return True


@transaction.atomic
def escalate(handoff: Handoff) -> bool:
    """Tell the managers that a deadline was missed. False as for `remind`."""
    same = Handoff.objects.to_escalate(Now()).filter(pk=handoff.pk)
    if not same.update(escalated_at=Now()):
        return False
    who = handoff.rep or handoff.team or "a rep"
    for manager in managers_of(handoff.team):
        notifications.notify(
            manager,
            key=f"handoff:{handoff.pk}:overdue:{stamp(handoff.due_at)}",
            title=f"{handoff.lead} was not answered in time",
            body=f"It waits for {who} and was due {when(handoff)}.",
            url=handoff.get_absolute_url(),
            kind=Notification.Kind.ACTION,
            by_mail=True,
        )
    return True


def stamp(at: datetime | None) -> int:
    """Return the deadline as a number, so that a new deadline may be reminded of again."""
    return int(at.timestamp()) if at else 0


def when(handoff: Handoff) -> str:
    """Write the deadline in the zone of whoever answers for the handoff."""
    if handoff.due_at is None:
        return formats.DASH
    with timezone.override(handoff.rep.zone if handoff.rep else Organisation.get().zone):
        return formats.moment(handoff.due_at, zone=True)


def note_first_contact(lead: Lead, at: datetime) -> bool:
    """Remember when sales first spoke to an accepted lead; True if this was the first time."""
    accepted = Handoff.objects.accepted().filter(lead=lead).order_by("-attempt").values("pk")[:1]
    first = Handoff.objects.filter(pk__in=list(accepted.values_list("pk", flat=True)))
    return bool(first.filter(first_contact_at=None).update(first_contact_at=at))

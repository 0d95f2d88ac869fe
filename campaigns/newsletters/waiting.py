"""What waits of marketing mail, for the system page and the alarm."""

from datetime import timedelta

from django.db.models import Count, Exists, Min, Q
from django.db.models.functions import Now

from campaigns.newsletters.models import MarketingMail
from crm.mailing.letterhead import NO_ADDRESS
from crm.outbox.health import Queue
from crm.users.models import Organisation

MOVES = Q(newsletter__paid_until__gt=Now() - timedelta(minutes=5))
"""A large newsletter waits for hours at its pace: it is late only once nothing leaves any more."""


def waiting_mail() -> Queue:
    """Return how much marketing mail is due, and since when what does not move is."""
    counted = MarketingMail.objects.due().aggregate(
        waiting=Count("pk"), oldest=Min("due_at", filter=~MOVES)
    )
    return Queue("marketing mail", counted["waiting"], counted["oldest"])


def say_no_address() -> str:
    """Say for the system page that mail waits for the postal address; "" if none does."""
    without = Organisation.objects.filter(postal_address="")
    waits = MarketingMail.objects.due().filter(Exists(without)).exists()
    return NO_ADDRESS if waits else ""

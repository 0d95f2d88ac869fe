"""What waits of personal mail, for the system page and the alarm."""

from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from crm.correspondence.models import Message
from crm.outbox.health import Queue

OPEN = (Message.State.QUEUED, Message.State.SENDING)


def waiting_mail() -> Queue:
    due = Q(state=Message.State.QUEUED, due_at__lte=Now())
    counted = Message.objects.filter(state__in=OPEN).aggregate(
        waiting=Count("pk"), oldest=Min("due_at", filter=due)
    )
    return Queue("personal mail", counted["waiting"], counted["oldest"])

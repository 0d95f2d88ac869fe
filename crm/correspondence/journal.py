"""Each message with a lead becomes one activity of kind e-mail."""

from collections.abc import Iterable

from django.utils.timezone import now

from crm.activities.models import Activity
from crm.activities.services import log_activity
from crm.correspondence import participants
from crm.correspondence.models import Message
from crm.correspondence.reading import not_later_than, spoken


def log(message: Message, *, sure: bool = True) -> Activity:
    """Log a message of a lead, once. What we wrote is a contact; what came in stops no deadline.

    sure: that we wrote it; what only says so stops none either
    """
    if message.activity:
        return message.activity
    assert message.lead
    activity = log_activity(
        message.lead,
        Activity.Kind.EMAIL,
        actor=message.by if message.is_out else None,
        text=words_of(message),
        at=not_later_than(message.at, now()),
        deal=message.deal,
        contact=sure and message.is_out and not message.automatic,
    )
    message.activity = activity
    message.save(update_fields=["activity"])
    participants.record(message)
    return activity


def words_of(message: Message) -> str:
    """Return what the timeline says: which way, the subject, the beginning of the text."""
    who = ", ".join(message.to) if message.is_out else message.sender_name or message.sender
    way = f"To {who}" if message.is_out else f"From {who}"
    if message.automatic:
        way = f"Automatic answer {way[0].lower()}{way[1:]}"
    return f"{way}: {message}\n\n{spoken(message.text)}".strip()


def pages_of(activities: Iterable[int]) -> dict[int, str]:
    """Return the page of the message behind each of these activities that has one."""
    found = Message.objects.filter(activity__in=list(activities)).only("pk", "activity_id")
    return {
        message.activity_id: message.get_absolute_url() for message in found if message.activity_id
    }

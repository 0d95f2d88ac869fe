"""Mail that other rooms send in a user's name begins a thread: written answers come back to it."""

from typing import Any

from django.utils.timezone import now

from crm.activities.models import Activity, FollowUp
from crm.correspondence.addresses import ANSWER, logging_address
from crm.correspondence.models import Message, UserMailbox
from crm.mailing.models import Mail
from crm.mailing.senders import sender_address
from crm.mailing.services import message_id_of
from crm.users.models import User
from leads.models import Lead


def answer_addresses(user: User) -> list[str]:
    """Return where answers to a user's mail come: their own address, and where it is logged."""
    own = UserMailbox.of(user).address or user.email or ""
    return [address for address in (own, logging_address(user, ANSWER)) if address]


def begin(
    mail: Mail,
    lead: Lead,
    *,
    by: User | None,
    deal: Any = None,
    activity: Activity | None = None,
) -> Message:
    """Keep a mail that leaves by crm.mailing as the first message of its thread.

    activity: what it is logged as already; the same mail is kept once
    """
    name = message_id_of(mail)
    message, _ = Message.objects.get_or_create(
        message_id=name,
        defaults={
            "lead": lead,
            "deal": deal,
            "activity": activity,
            "direction": Message.Direction.OUT,
            "sender": sender_address().lower(),
            "sender_name": by.name if by else "",
            "to": [mail.to.lower()],
            "subject": mail.subject,
            "text": mail.text,
            "thread": name,
            "by": by,
            "state": Message.State.SENT,
            "at": now(),
        },
    )
    return message


def begin_for_meeting(follow_up: FollowUp, mail: Mail) -> None:
    begin(mail, follow_up.lead, by=follow_up.owner, deal=follow_up.deal)

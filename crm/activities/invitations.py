"""Inviting a lead to a meeting by mail, changing the invitation, and calling it off.

The mail is a row of the same transaction; its file carries a number that grows with every change,
so that the guest's calendar knows the newest.
"""

from collections.abc import Callable

from django.utils import timezone

from crm.activities import ics
from crm.activities.models import FollowUp
from crm.common import formats
from crm.mailing import services as mailing
from crm.mailing.models import Mail

BeginThread = Callable[[FollowUp, Mail], None]
THREADS: list[BeginThread] = []
"""What is called with each invitation that leaves, so that a written answer finds its thread."""

WORDS = {"REQUEST": "Invitation", "CHANGED": "Changed", "CANCEL": "Called off"}


def invite(follow_up: FollowUp) -> None:
    """Invite the lead; one who was invited already gets the new time and place."""
    if follow_up.guest:
        change(follow_up)
        return
    follow_up.guest = follow_up.lead.email
    follow_up.save(update_fields=["guest"])
    send(follow_up, "REQUEST", "REQUEST")


def change(follow_up: FollowUp) -> None:
    """Tell a guest that the meeting has changed; nothing if nobody was invited."""
    if not follow_up.guest:
        return
    follow_up.sequence += 1
    follow_up.guest_answer, follow_up.guest_comment, follow_up.guest_answered_at = "", "", None
    follow_up.save(update_fields=["sequence", "guest_answer", "guest_comment", "guest_answered_at"])
    send(follow_up, "REQUEST", "CHANGED")


def call_off(follow_up: FollowUp) -> None:
    """Tell a guest that the meeting will not be; nothing if nobody was invited."""
    if not follow_up.guest:
        return
    follow_up.sequence += 1
    send(follow_up, "CANCEL", "CANCEL")


def send(follow_up: FollowUp, method: str, word: str) -> None:
    with timezone.override(follow_up.zone):
        on = formats.day(follow_up.day) if follow_up.day else ""
        when = on or formats.moment(follow_up.due_at, zone=True)
    mail = mailing.written(
        key=f"follow-up:{follow_up.pk}:invitation:{follow_up.sequence}",
        to=follow_up.guest,
        subject=f"{WORDS[word]}: {follow_up.title}, {when}",
        template="meeting",
        context={"follow_up": follow_up, "when": when, "word": word, "host": follow_up.owner},
        sender=follow_up.owner,
    )
    file = ics.invitation(follow_up, method=method)
    media = f"text/calendar; method={method}"
    if mailing.send_with_files(mail, [mailing.File("invitation.ics", media, file)]):
        for begin_thread in THREADS:
            begin_thread(follow_up, mail)

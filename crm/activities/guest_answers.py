"""What an invited guest's calendar answers (iTIP REPLY, RFC 5546): read and kept.

The name of the meeting is random and only its guest was told it, so who answers for it under the
guest's address is believed. Its time grows as the text does.
"""

import re
from dataclasses import dataclass

from django.db import transaction
from django.utils.timezone import now

from crm.activities.models import FollowUp, GuestAnswer
from crm.notifications.services import notify

LONGEST = 200_000
ANSWERS = {
    "ACCEPTED": GuestAnswer.ACCEPTED,
    "DECLINED": GuestAnswer.DECLINED,
    "TENTATIVE": GuestAnswer.TENTATIVE,
}
WORDS = {
    GuestAnswer.ACCEPTED: "accepted",
    GuestAnswer.DECLINED: "declined",
    GuestAnswer.TENTATIVE: "answered maybe to",
}
PARTSTAT = re.compile(r"PARTSTAT=([A-Z-]{1,20})", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """One answer: for which meeting, in which version of it, by whom. address: in lower case."""

    uid: str
    sequence: int
    address: str
    answer: GuestAnswer
    comment: str = ""


def take(calendar: str) -> bool:
    """Keep the answer in a calendar part of a mail; False for none to a meeting of ours."""
    reply = read_reply(calendar)
    return bool(reply and keep(reply))


@transaction.atomic
def keep(reply: Reply) -> bool:
    """Write an answer on its meeting and tell the owner; False if it is of no meeting of ours.

    One to an older invitation says nothing of the newer one, and the same answer twice nothing new.
    """
    named = FollowUp.objects.select_for_update(of=("self",)).select_related("lead", "owner")
    meeting = named.filter(uid=reply.uid).exclude(guest="").first()
    if meeting is None or meeting.guest.lower() != reply.address:
        return False
    same = (meeting.guest_answer, meeting.guest_comment) == (reply.answer, reply.comment)
    if reply.sequence < meeting.sequence or same:
        return True
    meeting.guest_answer, meeting.guest_comment = reply.answer, reply.comment
    meeting.guest_answered_at = now()
    meeting.save(update_fields=["guest_answer", "guest_comment", "guest_answered_at"])
    if meeting.owner:
        notify(
            meeting.owner,
            key=f"guest:{meeting.pk}:{meeting.sequence}:{meeting.guest_answered_at.timestamp()}",
            title=f"{meeting.lead} {WORDS[reply.answer]} “{meeting.title}”",
            body=reply.comment,
            url=(meeting.deal or meeting.lead).get_absolute_url(),
        )
    return True


def read_reply(calendar: str) -> Reply | None:
    """Return the answer in a calendar, None for one that holds none that can be read."""
    lines = unfolded(calendar[:LONGEST])
    values: dict[str, str] = {}
    attendee = ""
    for line in lines:
        head, _, value = line.partition(":")
        name = head.partition(";")[0].upper()
        if name == "ATTENDEE" and not attendee:
            attendee = line
        values.setdefault(name, value.strip())
    if values.get("METHOD", "").upper() != "REPLY" or not values.get("UID") or not attendee:
        return None
    found = PARTSTAT.search(attendee[:2000])
    answer = ANSWERS.get(found[1].upper()) if found else None
    if answer is None:
        return None
    sequence = values.get("SEQUENCE", "0")
    return Reply(
        uid=values["UID"].rpartition("@")[0][:60] or values["UID"][:60],
        sequence=int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 6
        else 0,
        address=attendee.lower().rpartition("mailto:")[2].strip(),
        answer=answer,
        comment=words_of(values.get("COMMENT", "")),
    )  # fmt: skip


def words_of(value: str) -> str:
    """Return a text of iCalendar in one line, as it can be kept and shown."""
    text = value.replace("\\n", " ").replace("\\N", " ").replace("\\", "")
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:300]


def unfolded(text: str) -> list[str]:
    """Return the lines of a calendar, those that were folded joined."""
    return re.sub(r"\r?\n[ \t]", "", text).splitlines()

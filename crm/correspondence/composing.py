"""Writing a mail to a lead: what it begins with, its merge fields, and queueing it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localtime, now

from crm.correspondence.models import Message, UserMailbox
from crm.mailing import merging
from crm.mailing.models import Suppression
from crm.mailing.suppressing import digest_of
from crm.users.models import Organisation, User
from leads.models import Lead
from leads.normalising import many_lines, one_line

UNDO = timedelta(seconds=10)
"""How long a mail waits after Send, so that it can be taken back."""

DEAD = {
    Suppression.Reason.HARD_BOUNCE: "Mail to {} came back: the address does not exist.",
    Suppression.Reason.COMPLAINT: "{} has marked mail of ours as spam.",
}
"""What speaks against a personal mail too. Who left the newsletter may still be written to."""

FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "form_of_address": "Form of address",
    "salutation": "Salutation (Dr. Weber, else the first name)",
    "name": "Full name",
    "company": "Company",
    "job_title": "Job title",
    "deal": "Deal",
    "my_name": "Your name",
    "organisation": "Your organisation",
}
"""The merge fields of a personal mail."""


@dataclass(frozen=True)
class Draft:
    """A mail as somebody wrote it, its merge fields not yet filled."""

    to: Sequence[str]
    cc: Sequence[str]
    subject: str
    text: str


def values_of(lead: Lead, user: User, deal: Any = None) -> dict[str, str]:
    """Return the values of FIELDS, "" where there is none."""
    return {
        "first_name": lead.given_name,
        "last_name": lead.family_name,
        "form_of_address": lead.form_of_address,
        "salutation": lead.salutation,
        "name": lead.name,
        "company": str(lead.company or ""),
        "job_title": lead.job_title,
        "deal": str(deal or ""),
        "my_name": user.name,
        "organisation": Organisation.get().name,
    }


def filled(draft: Draft, values: dict[str, str]) -> Draft:
    """Return the draft as its reader will see it."""
    subject = merging.fill(draft.subject, values)
    return Draft(draft.to, draft.cc, subject, merging.fill(draft.text, values))


def doubts(draft: Draft, values: dict[str, str]) -> list[str]:
    """Return what somebody should know before he sends this, in words."""
    said = f"{draft.subject}\n{draft.text}"
    unknown = sorted(merging.unknown(said, FIELDS))
    empty = sorted(merging.missing(said, values) - set(unknown))
    found = [f"There is no merge field {{{{ {name} }}}}." for name in unknown]
    found += [f"{FIELDS[name]} is not known: it would be left out." for name in empty]
    return found + dead(*draft.to, *draft.cc)


def dead(*addresses: str) -> list[str]:
    """Return what is known against writing to these addresses."""
    digests = {digest_of(address): address for address in addresses}
    rows = Suppression.objects.filter(digest__in=digests, reason__in=DEAD)
    return [DEAD[Suppression.Reason(row.reason)].format(digests[row.digest]) for row in rows]


def opening(user: User) -> str:
    """Return what an empty mail begins with: room to write, and the signature."""
    signature = UserMailbox.of(user).signature.strip()
    return f"\n\n-- \n{signature}\n" if signature else ""


def quoted(message: Message) -> str:
    """Return a message as it is quoted below its answer."""
    at = localtime(message.at).strftime("%-d %b %Y, %H:%M")
    lines = "\n".join(f"> {line}".rstrip() for line in message.text[:20_000].splitlines())
    return f"\n\nOn {at}, {message.sender_name or message.sender} wrote:\n{lines}\n"


def answer_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"[:250]


@transaction.atomic
def queue(
    lead: Lead, draft: Draft, *, by: User, deal: Any = None, answers: Message | None = None
) -> Message:
    """Queue a filled draft: it leaves in ten seconds, unless it is taken back.

    answers: the message that this one answers; it joins that thread
    Raises BadValue for a text that cannot be kept.
    """
    at, name = now(), f"<{uuid.uuid4()}@{settings.SITE_URL.split('/')[2].partition(':')[0]}>"
    return Message.objects.create(
        lead=lead,
        deal=deal or (answers.deal if answers else None),
        direction=Message.Direction.OUT,
        sender=(UserMailbox.of(by).address or by.email or "").lower(),
        sender_name=by.name,
        to=list(draft.to),
        cc=list(draft.cc),
        subject=one_line(draft.subject, 250),
        text=many_lines(draft.text),
        message_id=name,
        in_reply_to=answers.message_id if answers else "",
        references=[*answers.references, answers.message_id][-50:] if answers else [],
        thread=answers.thread if answers else name,
        by=by,
        state=Message.State.QUEUED,
        due_at=at + UNDO,
        at=at,
    )


def take_back(message: Message) -> bool:
    """Take a mail back that has not left; False if it is too late."""
    waiting = Message.objects.filter(pk=message.pk, state=Message.State.QUEUED)
    return bool(waiting.update(state=Message.State.TAKEN_BACK))


def send_again(message: Message) -> bool:
    """Queue a failed or doubtful mail once more, under the same Message-ID."""
    found = Message.objects.troubled().filter(pk=message.pk)
    queued = Message.State.QUEUED
    return bool(found.update(state=queued, due_at=now(), attempts=0, last_error=""))

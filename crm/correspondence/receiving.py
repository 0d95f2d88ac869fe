"""The way in from every door: a raw message is read, then kept, or set aside with the reason.

Reading happens outside of any transaction. What comes is never lost and never blocks what comes
after it; only a database that does not answer makes the door try again.
"""

import hashlib
import logging
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils.timezone import now

from crm.activities import guest_answers
from crm.audit.acting import Door as HistoryDoor
from crm.audit.acting import acting
from crm.correspondence import incoming
from crm.correspondence.addresses import without_tokens
from crm.correspondence.incoming import Original, Outcome
from crm.correspondence.models import Message, ReceivedMail
from crm.correspondence.reading import CannotRead, Letter, read
from crm.mailing import reports

logger = logging.getLogger(__name__)

MOST_RECIPIENTS = 50
KEPT_FOR = timedelta(days=90)
"""How long what was set aside is kept. What belongs to a lead stays as long as its message."""
AT_ONCE = 200
Door = ReceivedMail.Door


@dataclass(frozen=True)
class Delivery:
    """A raw message, by which door it came, and the addresses that it was delivered to."""

    raw: bytes
    door: str
    envelope: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


@acting(door=HistoryDoor.MAIL)
def receive(raw: bytes, *, door: str, envelope: Iterable[str] = (), whole_size: int = 0) -> Outcome:
    """Read one message and keep it. Raises DatabaseError alone: then it is to be tried again.

    whole_size: of how many bytes these are the beginning, if they are not all
    """
    delivery = Delivery(raw, door, tuple(envelope)[:MOST_RECIPIENTS])
    try:
        letter = read(raw)
        if guest_answers.take(calendar_in(letter)):
            return Outcome.GUEST_ANSWER
        if reports.take(raw, (*delivery.envelope, *letter.delivered_to, *letter.to)):
            return Outcome.REPORT
        if whole_size > len(raw):
            letter = replace(letter, notes=(*letter.notes, cut_off(len(raw), whole_size)))
        return keep(delivery, letter)
    except DatabaseError:
        raise
    except CannotRead as reason:
        return set_aside(delivery, str(reason))
    except Exception as error:
        logger.exception("A received message could not be read")
        return set_aside(delivery, f"Reading it failed: {type(error).__name__}: {error}"[:500])


def calendar_in(letter: Letter) -> str:
    """Return the text of a letter's first calendar part, "" without one."""
    parts = letter.root.leaves() if letter.root else iter(())
    found = next((part for part in parts if part.kind == "text/calendar"), None)
    return found.content(guest_answers.LONGEST).decode("utf-8", "replace") if found else ""


def cut_off(read: int, whole: int) -> str:
    megabyte = 1024 * 1024
    return (
        f"Only its first {read / megabyte:.0f} of {whole / megabyte:.0f} MB were fetched;"
        " the rest is in the mailbox. INBOUND_MAX_MB sets the limit."
    )


def keep(delivery: Delivery, letter: Letter) -> Outcome:
    """Keep a message that was read, with its raw bytes."""
    original = Original(
        digest=delivery.digest,
        packed=zlib.compress(delivery.raw, 1),
        size=len(delivery.raw),
        door=delivery.door,
        envelope=delivery.envelope,
    )
    return incoming.receive(letter, envelope=delivery.envelope, original=original)


@transaction.atomic
def set_aside(delivery: Delivery, reason: str) -> Outcome:
    """Keep a message that cannot be read, with the reason; the same bytes are kept once."""
    ReceivedMail.objects.get_or_create(
        digest=delivery.digest,
        defaults={
            "packed": zlib.compress(delivery.raw, 1) if delivery.raw else b"",
            "size": len(delivery.raw),
            "door": delivery.door,
            "envelope": list(delivery.envelope),
            "problem": without_tokens(reason.replace("\x00", "")),
        },
    )
    return Outcome.SET_ASIDE


def read_again(received: ReceivedMail) -> Outcome:
    """Read what was set aside once more, for example after an update of Tandem."""
    raw = received.raw
    outcome = receive(raw, door=received.door, envelope=received.envelope) if raw else None
    if outcome not in (None, Outcome.SET_ASIDE, Outcome.LOGGED, Outcome.UNMATCHED):
        ReceivedMail.objects.set_aside().filter(pk=received.pk).delete()  # known, or a loop
    return outcome or Outcome.SET_ASIDE


def discard(received: ReceivedMail) -> bool:
    """Delete what could not be read; False if it has become a message meanwhile."""
    return bool(ReceivedMail.objects.set_aside().filter(pk=received.pk).delete()[0])


def say_set_aside() -> str:
    """Tell the system page what could not be read."""
    count = ReceivedMail.objects.set_aside().count()
    if not count:
        return ""
    messages = "message" if count == 1 else "messages"
    return f"{count} received {messages} could not be read. Open E-mail › Not read to see why."


def prune() -> int:
    """Drop what was set aside 90 days ago: unreadable bytes, and originals of discarded mail."""
    old = now() - KEPT_FOR
    due = ReceivedMail.objects.filter(received_at__lt=old)
    discarded = due.filter(message__lead=None, message__state=Message.State.SET_ASIDE)
    dropped = 0
    for rows in (due.set_aside(), discarded):
        while keys := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
            dropped += ReceivedMail.objects.filter(pk__in=keys).delete()[0]
    return dropped

"""A message as it came, made readable: bounded, decoded, its HTML made harmless. Pure.

Whatever can be read of a message is; its time grows as its bytes do. The raw message is kept beside
it, so what is beyond the limits is not lost.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import nh3

from crm.correspondence import bodies, markup, mime, quotes
from crm.correspondence.automatic import is_automatic
from crm.correspondence.headers import MOST_ADDRESSES, addresses, text_of
from crm.correspondence.inert import clean, one_line
from crm.correspondence.mime import Part

LONGEST_TEXT, LONGEST_HTML = bodies.LONGEST_TEXT, bodies.LONGEST_HTML
MOST_REFERENCES, MOST_FILES, MOST_HOPS = 50, 50, 30
SPOKEN = 600
IDS = re.compile(r"<[^<>\s]{1,240}>")
SCHEMES = {"http", "https", "mailto", "tel"}
ODDEST_DATE = datetime(1995, 1, 1, tzinfo=UTC)
DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To", "Bcc")


class CannotRead(ValueError):
    """The bytes are no message; the text says why, in words for an administrator."""


class File(NamedTuple):
    """A file that came with a message: part `number` of its raw bytes. size: bytes, decoded."""

    number: int
    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class Letter:
    """What a message says. Addresses in lower case; `marks` if we sent it ourselves."""

    message_id: str
    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    files: tuple[File, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    at: datetime | None = None
    automatic: bool = False
    hops: int = 0
    marks: tuple[str, ...] = ()
    forwarded_from: str = ""
    notes: tuple[str, ...] = ()
    """What of it is not shown because it is beyond a limit, in words."""
    root: Part | None = field(default=None, repr=False, compare=False)
    """Its parts, for who looks for more than text: reports of delivery, answers to invitations."""

    @property
    def thread(self) -> str:
        """The Message-ID that its thread began with, as far as the message tells."""
        return (*self.references, self.in_reply_to, self.message_id)[0] or self.message_id


def read(raw: bytes) -> Letter:
    """Return what the bytes of a message say. Raises CannotRead if they are none."""
    budget = mime.Budget()
    root = mime.split(raw, budget)
    if not root.headers:
        raise CannotRead("It has no headers, so it is no e-mail message.")
    senders = addresses_of(root, "From") or addresses_of(root, "Sender")
    name, sender = senders[0] if senders else ("", "")
    ids = IDS.findall(root.header("Message-ID"))
    body = bodies.body_of(root)
    html = nh3.clean(markup.in_order(body.html), url_schemes=SCHEMES) if body.html else ""
    return Letter(
        message_id=ids[0] if ids else digest_id(raw),
        sender=sender,
        sender_name=name,
        to=only_addresses(root, "To"),
        cc=only_addresses(root, "Cc"),
        delivered_to=only_addresses(root, *DELIVERED),
        subject=one_line(root.text("Subject"), 250),
        text=body.text,
        html=clean(html),
        files=files_of(root),
        in_reply_to=next(iter(IDS.findall(root.header("In-Reply-To"))), ""),
        references=tuple(IDS.findall(root.header("References"))[-MOST_REFERENCES:]),
        at=sent_at(root.header("Date")),
        automatic=is_automatic(root, sender),
        hops=len(root.headers.get("received", [])),
        marks=tuple(root.header("X-Tandem").split()[:5]),
        forwarded_from=forwarded_from(root, body.text),
        notes=(*body.notes, *notes_of(root, budget)),
        root=root,
    )


def digest_id(raw: bytes) -> str:
    """Return the name of a message that has none: the same bytes always get the same."""
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@unnamed.tandem>"


def addresses_of(part: Part, *names: str) -> list[tuple[str, str]]:
    """Return (name, address) of the headers of these names."""
    values = [text_of(raw) for name in names for raw in part.headers.get(name.lower(), [])[:5]]
    return [(one_line(name, 200), address) for name, address in addresses(values)]


def only_addresses(part: Part, *names: str) -> tuple[str, ...]:
    return tuple(clean(address) for _, address in addresses_of(part, *names))


def sent_at(date: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(date[:100])
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC) if at > ODDEST_DATE else None
    except OverflowError:
        return None


def files_of(root: Part) -> tuple[File, ...]:
    """Return the files of a message: attachments, pictures, invitations, attached messages."""
    found = [
        File(number, name_of(part), part.kind[:100], part.size)
        for number, part in enumerate(root.leaves())
        if not bodies.is_text(part)
    ]
    return tuple(found[:MOST_FILES])


def name_of(part: Part) -> str:
    """Return the name of a file, what is hidden or turned in it made inert."""
    name = one_line(part.file_name, 150).replace("/", "_").replace("\\", "_").strip(". ")
    if name:
        return name
    if part.kind == "message/rfc822":
        subject = one_line(mime.split(part.content()).text("Subject"), 100) or "message"
        return f"{subject.replace('/', '_')}.eml"
    return {"text/calendar": "invitation.ics"}.get(part.kind, "attachment")


def notes_of(root: Part, budget: mime.Budget) -> list[str]:
    """Return what was left unread of a message, in words."""
    notes = []
    if budget.spent:
        notes.append(f"It has more than {mime.MOST_PARTS} parts; the others are not shown.")
    if len(addresses_of(root, "To", "Cc")) >= MOST_ADDRESSES:
        notes.append(f"It went to more than {MOST_ADDRESSES} addresses; the others are not shown.")
    return notes


def file_content(raw: bytes, number: int) -> bytes | None:
    """Return the bytes of a file of a message, None if it has no such part."""
    for at, part in enumerate(mime.split(raw).leaves()):
        if at == number:
            return part.content()
    return None


def forwarded_from(root: Part, text: str) -> str:
    """Return who wrote the message that this one forwards, "" if it forwards none."""
    for part in root.leaves():
        if part.kind == "message/rfc822":
            senders = addresses_of(mime.split(part.content(), mime.Budget(1)), "From")
            return senders[0][1] if senders else ""
    return quotes.forwarded_sender(text)


def spoken(text: str) -> str:
    """Return the beginning of what was newly written, without what is quoted."""
    said = quotes.newly_written(text)
    return said if len(said) <= SPOKEN else said[:SPOKEN].rsplit(" ", 1)[0] + " …"


def not_later_than(at: datetime | None, now: datetime) -> datetime:
    """Return when a message was sent; now where its clock is wrong or silent."""
    return min(at, now) if at and at > now - timedelta(days=3650) else now


def unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in found if address))

"""A message as it came, made readable: bounded, decoded, its HTML made harmless. Pure.

Never raises for what a message holds: whatever can be read of it is.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from html import unescape
from typing import cast
from unicodedata import category

import nh3

from leads.normalising import BIDI, HIDDEN

LONGEST_TEXT, LONGEST_HTML = 100_000, 400_000
MOST_ADDRESSES, MOST_REFERENCES, MOST_ATTACHMENTS, MOST_PARTS = 100, 50, 30, 200
MOST_HOPS = 30
SPOKEN = 600
IDS = re.compile(r"<[^<>\s]{1,240}>")
FORWARDED = re.compile(r"^[>\s*]*From:\*?\s*(.{3,200})$", re.IGNORECASE | re.MULTILINE)
ADDRESS = re.compile(r"[^\s<>\"'()\[\],;:]+@[^\s<>\"'()\[\],;:]+\.[^\s<>\"'()\[\],;:]+")
SCHEMES = {"http", "https", "mailto", "tel"}
MACHINES = ("mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply")
ODDEST_DATE = datetime(1995, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Letter:
    """What a message says. Addresses in lower case; `tandem` if we sent it ourselves."""

    message_id: str
    sender: str = ""
    sender_name: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[str, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    at: datetime | None = None
    automatic: bool = False
    hops: int = 0
    marks: tuple[str, ...] = ()
    forwarded_from: str = ""

    @property
    def thread(self) -> str:
        """The Message-ID that its thread began with, as far as the message tells."""
        return (*self.references, self.in_reply_to, self.message_id)[0] or self.message_id


def read(raw: bytes) -> Letter:
    """Return what the bytes of a message say."""
    try:
        return read_parsed(message_from_bytes(raw, policy=policy.default), raw)
    except Exception:  # the parser of the library raises what it likes for broken headers
        return unreadable(raw)


def unreadable(raw: bytes) -> Letter:
    """Return a message of which only the bytes could be kept, as far as they are text."""
    text = clean(raw[:LONGEST_TEXT].decode("utf-8", "replace"))
    return Letter(digest_id(raw), subject="(unreadable message)", text=text)


def digest_id(raw: bytes) -> str:
    """Return the name of a message that has none: the same bytes always get the same."""
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@unnamed.tandem>"


def read_parsed(message: EmailMessage, raw: bytes) -> Letter:
    ids = IDS.findall(header(message, "Message-ID"))
    senders = addresses(message, "From") or addresses(message, "Sender")
    text, html, attachments = bodies(message)
    letter = Letter(
        message_id=ids[0] if ids else digest_id(raw),
        sender=senders[0][1] if senders else "",
        sender_name=senders[0][0] if senders else "",
        to=tuple(address for _, address in addresses(message, "To")),
        cc=tuple(address for _, address in addresses(message, "Cc")),
        delivered_to=tuple(
            address
            for name in ("Delivered-To", "X-Original-To", "Envelope-To", "Bcc")
            for _, address in addresses(message, name)
        ),
        subject=" ".join(header(message, "Subject").split())[:250],
        text=text,
        html=html,
        attachments=attachments,
        in_reply_to=next(iter(IDS.findall(header(message, "In-Reply-To"))), ""),
        references=tuple(IDS.findall(header(message, "References"))[-MOST_REFERENCES:]),
        at=sent_at(header(message, "Date")),
        automatic=is_automatic(message),
        hops=len(message.get_all("Received") or []),
        marks=tuple(header(message, "X-Tandem").split()[:5]),
    )
    return replace(letter, forwarded_from=forwarded_from(message, text))


def header(message: EmailMessage, name: str) -> str:
    try:
        return clean(str(message.get(name, ""))[:20_000])
    except Exception:  # a header that its own class cannot show
        return ""


def addresses(message: EmailMessage, name: str) -> list[tuple[str, str]]:
    """Return (name, address) of a header, at most so many, and only what looks like one."""
    found = getaddresses([header(message, name)])
    return [
        (" ".join(who.split())[:200], address.lower())
        for who, address in found[:MOST_ADDRESSES]
        if len(address) < 255 and ADDRESS.fullmatch(address)
    ]


def sent_at(date: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC) if at > ODDEST_DATE else None
    except OverflowError:
        return None


def is_automatic(message: EmailMessage) -> bool:
    """Say whether a machine wrote it: an absence note, a report of delivery, a list."""
    submitted = header(message, "Auto-Submitted").split(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if header(message, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if header(message, "X-Autoreply") or header(message, "X-Autorespond"):
        return True
    if header(message, "Return-Path").strip() == "<>" or header(message, "List-Id"):
        return True
    senders = addresses(message, "From")
    local = senders[0][1].partition("@")[0] if senders else ""
    return message.get_content_type() == "multipart/report" or local in MACHINES


def bodies(message: EmailMessage) -> tuple[str, str, tuple[str, ...]]:
    """Return text, harmless HTML, and the attachments' names with their sizes."""
    texts, htmls, attached = [], [], []
    for part in leaves(message):
        kind, name = part.get_content_type(), file_name(part)
        if name or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            attached.append(f"{name or kind} ({size_of(part)})")
        elif kind == "text/html":
            htmls.append(content(part))
        else:
            texts.append(content(part))
    html = nh3.clean("\n".join(htmls)[:LONGEST_HTML], url_schemes=SCHEMES) if htmls else ""
    text = "\n".join(texts) or plain(html)
    return clean(text[:LONGEST_TEXT]).strip(), clean(html), tuple(attached[:MOST_ATTACHMENTS])


def leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts that hold something; what is inside an attached message stays there."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part, seen = waiting.pop(0), seen + 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting[0:0] = cast(list[EmailMessage], part.get_payload())
        else:
            yield part


def file_name(part: EmailMessage) -> str:
    try:
        return " ".join(clean(part.get_filename() or "").split())[:150]
    except Exception:  # a name in a broken encoding
        return "attachment"


def size_of(part: EmailMessage) -> str:
    payload = part.get_payload()
    if not isinstance(payload, str):
        return "message"
    encoded = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
    size = len(payload) * 3 // 4 if encoded else len(payload)
    return f"{max(1, size // 1024):,} kB"


def content(part: EmailMessage) -> str:
    """Return a text part decoded; in a charset that nobody knows, as far as it is UTF-8."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        charset = part.get_content_charset() or "utf-8"
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def plain(html: str) -> str:
    """Return HTML as text: its words, with line ends where blocks end."""
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|tr|li|h\d|blockquote)>", "\n", html)
    text = unescape(nh3.clean(broken, tags=set()))
    return re.sub(r"\n\s*\n+", "\n\n", text)


def clean(text: str) -> str:
    """Return `text` without what cannot be kept or shown: control characters, turned directions."""
    text = text.replace("\r\n", "\n").translate(HIDDEN)
    text = text.encode("utf-8", "replace").decode()
    return "".join(c for c in text if c in "\t\n" or not (c in BIDI or category(c) in ("Cc", "Cs")))


def forwarded_from(message: EmailMessage, text: str) -> str:
    """Return who wrote the message that this one forwards, "" if it forwards none."""
    for part in leaves(message):
        inner = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(inner, list) and inner:
            senders = addresses(cast(EmailMessage, inner[0]), "From")
            return senders[0][1] if senders else ""
    line = FORWARDED.search(text[:20_000])
    found = ADDRESS.search(line[1]) if line else None
    return found[0].lower() if found else ""


def spoken(text: str) -> str:
    """Return the beginning of what was newly written, without what is quoted below it."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith(">") or line.strip() in ("-- ", "--"):
            break
        if re.match(r"\s*(On .{5,200} wrote:|Am .{5,200} schrieb.*:|-{3,}.*-{3,})\s*$", line):
            break
        lines.append(line)
    said = "\n".join(lines).strip()
    return said if len(said) <= SPOKEN else said[:SPOKEN].rsplit(" ", 1)[0] + " …"


def not_later_than(at: datetime | None, now: datetime) -> datetime:
    """Return when a message was sent; now where its clock is wrong or silent."""
    return min(at, now) if at and at > now - timedelta(days=3650) else now


def unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in found if address))

"""Fetching mail from an IMAP folder: each message once, from where the last time ended.

The folder is only looked at, never changed. How far it was read is written after each message,
which is kept once however often it is read, so a fetch that is killed goes on where it was. A
message that cannot be read, or that ends its reader again and again, is set aside: those after it
do not wait.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from crm.correspondence import receiving
from crm.correspondence.models import FetchedFolder
from crm.correspondence.receiving import Delivery, Door

AT_ONCE = 200
LEASE = timedelta(minutes=10)
LONGEST = timedelta(minutes=4)
"""How long one run reads; what is left is the next one's."""
MOST_TRIES = 5
"""After so many times that reading a message ended its reader, it is set aside."""
SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")


class CannotFetch(Exception):
    """The server did not let us read the folder; the message says why."""


@dataclass(frozen=True)
class Server:
    """Where mail is fetched from, as INBOUND_IMAP_URL says: imaps://user:password@host/folder."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: bool

    @classmethod
    def of(cls, url: str) -> "Server":
        parts = urlsplit(url)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname:
            raise CannotFetch("INBOUND_IMAP_URL is imaps://user:password@host:993/INBOX")
        tls = parts.scheme == "imaps"
        return cls(
            parts.hostname,
            parts.port or (993 if tls else 143),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            unquote(parts.path.strip("/")) or "INBOX",
            tls,
        )

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"[:250]


def fetch() -> int:
    """Fetch what is new; return how many messages were read. 0 where no folder is set.

    Raises CannotFetch if the server cannot be reached or refuses.
    """
    if not settings.INBOUND_IMAP_URL:
        return 0
    server = Server.of(settings.INBOUND_IMAP_URL)
    folder, _ = FetchedFolder.objects.get_or_create(name=server.name)
    if not claim(folder):
        return 0
    error = ""
    try:
        return read_folder(server, folder)
    except (OSError, imaplib.IMAP4.error) as problem:
        error = f"{type(problem).__name__}: {problem}"[:500]
        raise CannotFetch(error) from problem
    finally:
        held = FetchedFolder.objects.filter(pk=folder.pk)
        held.update(lease_until=None, fetched_at=Now(), last_error=error)


def claim(folder: FetchedFolder) -> bool:
    """Take the folder for this fetch; False if another is reading it."""
    free = FetchedFolder.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=Now()), pk=folder.pk
    )
    return bool(free.update(lease_until=Now() + LEASE))


def read_folder(server: Server, folder: FetchedFolder) -> int:
    """Read the next messages of the folder, the oldest first; return how many."""
    end = monotonic() + LONGEST.total_seconds()
    count = 0
    with opened(server) as imap:
        begin_anew_if_renumbered(imap, folder)
        for uid in new_uids(imap, folder.last_uid)[:AT_ONCE]:
            if monotonic() > end:
                break
            take(imap, folder, uid)
            count += 1
    return count


@contextmanager
def opened(server: Server) -> Iterator[imaplib.IMAP4]:
    """Log in and open the folder for reading only; log out at the end."""
    wait = settings.EMAIL_TIMEOUT
    if server.tls:
        context = ssl.create_default_context()
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            server.host, server.port, ssl_context=context, timeout=wait
        )
    else:
        imap = imaplib.IMAP4(server.host, server.port, timeout=wait)
    with imap:
        imap.login(server.user, server.password)
        quoted = '"' + server.folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
        answer(imap.select(quoted, readonly=True))
        yield imap


def answer(given: tuple[str, list]) -> list:
    """Return what the server answered. Raises imaplib's error for a refusal."""
    kind, data = given
    if kind != "OK":
        raise imaplib.IMAP4.error(str(data[0]) if data else kind)
    return data


def begin_anew_if_renumbered(imap: imaplib.IMAP4, folder: FetchedFolder) -> None:
    """Read from the beginning if the server has given new numbers; what is known stays known."""
    _, values = imap.response("UIDVALIDITY")
    validity = int(values[0]) if values and values[0] else 0
    if validity != folder.uid_validity:
        folder.uid_validity, folder.last_uid, folder.tries = validity, 0, 0
        folder.save(update_fields=["uid_validity", "last_uid", "tries"])


def new_uids(imap: imaplib.IMAP4, last: int) -> list[int]:
    """Return the numbers after `last`; a server answers n:* with its last one, however low."""
    found = answer(imap.uid("SEARCH", "UID", f"{last + 1}:*"))
    numbers = (int(word) for line in found if line for word in line.split())
    return sorted(number for number in numbers if number > last)


def take(imap: imaplib.IMAP4, folder: FetchedFolder, uid: int) -> None:
    """Read one message, and note that it was read. Of a huge one the beginning is read."""
    begin_trying(folder, uid)
    if folder.tries > MOST_TRIES:
        reason = f"Reading message {uid} of {folder.name} ended its reader {MOST_TRIES} times."
        receiving.set_aside(Delivery(placeholder(folder, uid), Door.FOLDER), reason)
    else:
        raw, size = fetched(imap, uid)
        if raw:  # deleted since we asked
            receiving.receive(raw, door=Door.FOLDER, whole_size=size)
    folder.last_uid, folder.trying_uid, folder.tries = uid, 0, 0
    folder.save(update_fields=["last_uid", "trying_uid", "tries"])


def begin_trying(folder: FetchedFolder, uid: int) -> None:
    """Count that a message is begun, before it is: one that ends its reader is counted too."""
    folder.tries = folder.tries + 1 if folder.trying_uid == uid else 1
    folder.trying_uid = uid
    folder.save(update_fields=["trying_uid", "tries"])


def fetched(imap: imaplib.IMAP4, uid: int) -> tuple[bytes, int]:
    """Return the bytes of a message up to the limit, and how many it has."""
    asked = f"(RFC822.SIZE BODY.PEEK[]<0.{settings.INBOUND_MAX_BYTES}>)"
    parts = answer(imap.uid("FETCH", str(uid), asked))
    raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    heads = b" ".join(part[0] if isinstance(part, tuple) else part for part in parts if part)
    size = SIZE.search(heads)
    return raw, int(size[1]) if size else len(raw)


def placeholder(folder: FetchedFolder, uid: int) -> bytes:
    """Return what is kept of a message that was never handed over: where it stands."""
    return f"Not fetched: message {uid} of {folder.name}, numbering {folder.uid_validity}".encode()

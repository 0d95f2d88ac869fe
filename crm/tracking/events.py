"""A page view on its way: read from a request, kept as one line, read back to be counted. Pure."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from campaigns.capture import utm

HIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Event:
    """One page view as it arrived.

    key: its own id, so that it is counted once
    visitor: the browser's id
    agent, language, driven: what tells machines from people: the user agent, whether the browser
        named a language, whether a program says that it drives it
    """

    key: str
    visitor: str
    at: str
    host: str
    path: str
    title: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)
    agent: str = ""
    language: bool = True
    driven: bool = False

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)

    def written(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def read(line: str) -> Event:
    """Return the event that `written` made this line of."""
    return Event(**json.loads(line))


def of_page(
    url: str, *, visitor: str, at: datetime, title: str = "", referrer: str = "", **more: Any
) -> Event | None:
    """Return the view of the page at `url`, of which only host, path and UTM values are kept.

    visitor: 32 hex digits. None if this is no address of a page or no id.
    """
    try:
        parts, came_from = urlsplit(url), urlsplit(referrer).hostname or ""
        key = uuid.UUID(hex=visitor)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return Event(
        key=uuid.uuid4().hex,
        visitor=key.hex,
        at=at.isoformat(),
        host=plain(host, 100),
        path=plain(parts.path, 300) or "/",
        title=plain(title, 200),
        referrer="" if came_from == host else plain(came_from, 200),
        utm=utm.read(dict(parse_qsl(parts.query, max_num_fields=50))) if parts.query else {},
        **more,
    )


def of_body(body: bytes, *, at: datetime, agent: str, language: bool) -> Event | None:
    """Return the view that our script reports; None for anything else."""
    try:
        sent = json.loads(body)
        words = {name: sent.get(name, "") for name in ("v", "u", "t", "r")}
    except (ValueError, AttributeError, RecursionError):
        return None
    if not all(isinstance(word, str) for word in words.values()):
        return None
    try:
        return of_page(
            words["u"], visitor=words["v"], at=at, title=words["t"], referrer=words["r"],
            agent=plain(agent, 300), language=language, driven=bool(sent.get("w")),
        )  # fmt: skip
    except ValueError:
        return None


def plain(text: str, longest: int) -> str:
    """Return `text` without what nobody sees and no database keeps."""
    return HIDDEN.sub("", text)[:longest]

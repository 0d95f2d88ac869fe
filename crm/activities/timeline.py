"""The one timeline of a lead, merged from sources: what each app knows that happened.

Higher apps add their own (`register_source` in AppConfig.ready). A page of it begins at a cursor:
a moment, and how many events of that very moment were shown already.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from crm.common import parameters
from leads.models import Lead

PAGE = 20


@dataclass(frozen=True)
class Item:
    """One event: when, what, who did it, and in which hue it shows."""

    at: datetime
    key: str
    """Unique in the timeline, such as activity-12."""
    title: str
    icon: str = "point"
    who: str = ""
    tone: str = "quiet"
    text: str = ""
    url: str = ""

    @property
    def number(self) -> int:
        """The key of the row that it shows."""
        return int(self.key.rpartition("-")[2])


Fetch = Callable[[Lead, datetime | None, int], Sequence[Item]]
"""(lead, before, limit) to at most `limit` events not later than `before`, the latest first."""


@dataclass(frozen=True)
class Source:
    type: str
    fetch: Fetch


TYPES: dict[str, str] = {}
"""What the timeline can be narrowed to: the word in the address, and what people read."""

TIMELINE_SOURCES: dict[str, Source] = {}


def register_source(name: str, type: str, label: str, fetch: Fetch) -> None:
    """Let events of `fetch` show in every lead's timeline. Called from an AppConfig.ready.

    type, label: the filter that they fall under, such as "touches", "Touches"
    """
    TYPES.setdefault(type, label)
    TIMELINE_SOURCES[name] = Source(type, fetch)


@dataclass(frozen=True)
class Cursor:
    """Where the next page begins: at moment `at`, of whose events `skip` were shown."""

    at: datetime
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.skip}"

    @classmethod
    def read(cls, word: str) -> "Cursor | None":
        """Return what `word` stands for; None for a damaged one."""
        moment, _, skip = word.partition("~")
        at, number = parameters.moment(moment), parameters.whole_number(skip, 1000)
        return None if at is None or number is None else cls(at, number)


@dataclass(frozen=True)
class Page:
    items: list[Item]
    next: Cursor | None


def read_page(
    lead: Lead, *, type: str = "", cursor: Cursor | None = None, size: int = PAGE
) -> Page:
    """Return one page of the timeline, latest first; each source is asked once.

    type: one of TYPES; any other word is everything
    """
    wanted = [s for s in TIMELINE_SOURCES.values() if s.type == type or type not in TYPES]
    fetches = [partial(source.fetch, lead) for source in wanted]
    return merged(fetches, cursor=cursor, size=size)


def merged(
    fetches: Iterable[Callable[[datetime | None, int], Sequence[Item]]],
    *,
    cursor: Cursor | None = None,
    size: int = PAGE,
) -> Page:
    """Return one page of what `fetches` know, latest first; each is asked once.

    fetches: (before, limit) to at most `limit` events not later than `before`, latest first
    """
    skip = cursor.skip if cursor else 0
    before = cursor.at if cursor else None
    found = [item for fetch in fetches for item in fetch(before, size + skip + 1)]
    found.sort(key=lambda item: item.at, reverse=True)  # keeps the sources' order in one moment
    shown, more = found[skip : skip + size], len(found) > skip + size
    return Page(shown, after(shown[-1].at, found[: skip + size]) if more else None)


def after(at: datetime, passed: Sequence[Item]) -> Cursor:
    """Return the cursor behind the last of `passed`, whose moment is `at`."""
    return Cursor(at, sum(item.at == at for item in passed))

"""Who needs a segment. Apps above say so, so that nobody deletes what a newsletter stands on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from campaigns.segments.models import Segment


@dataclass(frozen=True)
class Use:
    """One thing that stands on a segment: “Newsletter”, “Spring news”, and where it is."""

    what: str
    name: str
    url: str = ""


Found = Callable[[Segment], Iterable[tuple[str, str]]]
USERS: dict[str, Found] = {}


def register_user(label: str, find: Found) -> None:
    """Let segments know what uses them. Called from an AppConfig.ready.

    label: what it is, in the singular: “Newsletter”
    find: a segment to the (name, address) of each that uses it
    """
    if USERS.get(label, find) is not find:
        raise ValueError(f"two users of segments named {label}")
    USERS[label] = find


def uses(segment: Segment) -> list[Use]:
    return [Use(label, name, url) for label, find in USERS.items() for name, url in find(segment)]

"""What belongs to a campaign: forms, links, newsletters. Apps above say so; its page lists them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from campaigns.models import Campaign


@dataclass(frozen=True)
class Asset:
    """One thing of a campaign. `text`: what it did, in a few words: “42 sent, 3 spam”."""

    name: str
    url: str = ""
    text: str = ""


@dataclass(frozen=True)
class Shelf:
    """The assets of one kind.

    label: in the plural: “Forms”
    create: name of the URL that makes a new one; it is given `?campaign=<key>`
    """

    label: str
    icon: str
    find: Callable[[Campaign], Iterable[Asset]]
    create: str = ""


SHELVES: dict[str, Shelf] = {}


def register_assets(
    label: str,
    find: Callable[[Campaign], Iterable[Asset]],
    *,
    icon: str = "template",
    create: str = "",
) -> None:
    """Show on a campaign's page what an app above has for it. Called from an AppConfig.ready.

    label: in the plural: “Forms”; find: a campaign to its assets
    create: name of the URL that makes a new one, given `?campaign=<key>`
    """
    SHELVES[label] = Shelf(label, icon, find, create)


def assets_of(campaign: Campaign) -> list[tuple[Shelf, list[Asset]]]:
    """Return every shelf with what this campaign has on it, empty ones too."""
    return [(shelf, list(shelf.find(campaign))) for shelf in SHELVES.values()]

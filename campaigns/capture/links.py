"""UTM links with the visits that they brought. The tracker counts them; it lies above us."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from campaigns.capture import utm
from campaigns.capture.models import UtmLink
from campaigns.models import Campaign

Count = Callable[[Sequence[UtmLink]], dict[int, int]]
"""Links to their visits, by the link's key."""

COUNTERS: list[Count] = []


def register_visits(count: Count) -> None:
    """Let `count` say how many visits a link brought. Called from an AppConfig.ready."""
    COUNTERS[:] = [count]


@dataclass(frozen=True)
class Counted:
    """A link and its visits (docs/metrics.md#website); None if nothing counts them."""

    link: UtmLink
    visits: int | None


def counted(links: Sequence[UtmLink]) -> list[Counted]:
    visits = COUNTERS[0](links) if COUNTERS else {}
    return [Counted(link, visits.get(link.pk, 0) if COUNTERS else None) for link in links]


def newest() -> QuerySet[UtmLink]:
    """Return all links with what their rows show, the newest first."""
    return UtmLink.objects.select_related("campaign", "created_by").order_by("-pk")


def campaigns_by_utm() -> dict[tuple[str, str, str], Campaign]:
    """Return which campaign the UTM values source, medium and campaign of a visit mean.

    Where two campaigns saved the same values, the older link counts.
    """
    links = UtmLink.objects.select_related("campaign").order_by("-pk")
    return {(link.source, link.medium, link.name): link.campaign for link in links}


def campaign_of(values: Mapping[str, str]) -> Campaign | None:
    """Return the campaign whose saved link has these UTM values; of two the older link counts.

    Compared as links are kept, so that case and blanks in the address are no matter.
    """
    source, medium, name = (utm.tidy(values.get(part, "")) for part in utm.PARTS[:3])
    if not name:
        return None
    found = UtmLink.objects.filter(name=name, source=source, medium=medium)
    link = found.select_related("campaign__channel").order_by("pk").first()
    return link.campaign if link else None

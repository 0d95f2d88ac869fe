"""The tabs of a deal's record. The rooms above deals add their own, in AppConfig.ready."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from crm.common.parts import Tab

if TYPE_CHECKING:
    from deals.models import Deal

ACTIVITY, FILES, HISTORY = "activity", "files", "history"
ORDER = (ACTIVITY, "qualification", "quote", "negotiation", FILES, HISTORY)
"""From left to right; a tab that is not named here comes last."""


@dataclass(frozen=True)
class DealTab:
    """One part of the record. `url_name` is called with the deal's key: `deals/<pk>/<key>/`."""

    key: str
    label: str
    url_name: str


TABS: dict[str, DealTab] = {}


def register_tab(key: str, label: str, url_name: str) -> None:
    """Let the record of every deal show this tab.

    Its view takes (request, pk) and answers with `deals.views.tabs.show_tab`.
    """
    TABS[key] = DealTab(key, label, url_name)


def tabs_of(deal: "Deal", active: str) -> list[Tab]:
    """Return the tabs of a deal's record, of which `active` is open."""
    places = {key: place for place, key in enumerate(ORDER)}
    found = sorted(TABS.values(), key=lambda tab: places.get(tab.key, len(ORDER)))
    return [Tab(t.label, reverse(t.url_name, args=[deal.pk]), t.key == active) for t in found]

"""The lead list of one user: filtered, ordered, a page of it, its tabs. All from the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import DateTimeField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse
from django.utils.timezone import localdate

from crm.common import keyset
from crm.common.keyset import KeysetPage, Order
from crm.common.parts import Tab
from crm.stages import Stage
from crm.users.models import User
from leads.filters import EXTRA_FILTERS, GROUPS, Known, LeadFilter
from leads.models import LONG_AGO, Lead, LeadQuerySet, SavedView

USUAL = "-score"
ORDERS: dict[str, tuple[str | Combinable, type]] = {
    "score": ("score", int),
    "name": ("sort_key", str),
    "created": ("created_at", datetime),
    "touch": (Coalesce("last_touch_at", Value(LONG_AGO, DateTimeField())), datetime),
    "since": ("stage_since", datetime),
}
"""What the list may be sorted by: the word in the address, the expression, its type."""

ORDER_COOKIE = "leads-order"
PLACE = (keyset.AFTER, keyset.BEFORE)


def order_of(word: str, *, searching: bool = False) -> Order | None:
    """Return the order that `word`, such as -score, means; None if it is not allowed.

    searching: the rows are few, found by the index on their text. An expression that no index is
        on keeps the database from walking all leads in this order until it has met fifty of them.
    """
    name = word.removeprefix("-")
    if name not in ORDERS:
        return None
    by, type_ = ORDERS[name]
    return Order(Coalesce(by, by) if searching else by, type_, descending=word.startswith("-"))


@dataclass
class LeadList:
    """What `user` sees at the address with the parameters `query`.

    order: the one he used last, for an address that says none
    """

    user: User
    query: QueryDict
    order: str = USUAL

    @property
    def sort(self) -> str:
        asked = self.query.get("sort", "")
        return next(word for word in (asked, self.order, USUAL) if order_of(word))

    @cached_property
    def filter(self) -> LeadFilter:
        visible = Lead.objects.visible_to(self.user)
        return LeadFilter(self.query, visible, user=self.user, known=Known())

    @property
    def leads(self) -> LeadQuerySet:
        return self.filter.leads

    @cached_property
    def count(self) -> int:
        return keyset.capped_count(self.leads)

    @property
    def is_search(self) -> bool:
        """Whether a search found few rows; of very many, fifty are soon met in any order."""
        return bool(self.query.get("q")) and self.count <= keyset.COUNT_LIMIT

    @property
    def sought(self) -> Order:
        order = order_of(self.sort, searching=self.is_search)
        assert order is not None
        return order

    @cached_property
    def page(self) -> KeysetPage[Lead]:
        shown = self.leads.select_related("company", "campaign", "channel", "owner")
        shown = shown.defer("notes", "search_key")
        return keyset.page(shown, self.sought, self.query, narrow=self.is_search)

    def neighbours(self, lead: Lead) -> tuple[Lead | None, Lead | None]:
        """Return the leads before and after `lead` in this list."""
        return keyset.neighbours(self.leads.only("pk"), self.sought, lead)

    def place(self, lead: Lead) -> str:
        """Return which lead of this list `lead` is, “3 of 124”; "" if it is not in it."""
        if not self.leads.filter(pk=lead.pk).exists():
            return ""
        return keyset.place_words(self.leads, self.sought, lead, self.count)

    def state(self) -> str:
        """Return the filters and order as a query string, without the place in the list."""
        return without(self.query, *PLACE).urlencode()

    @property
    def is_filtered(self) -> bool:
        asked = {name for name in self.query if self.query.get(name)}
        return bool(asked & ({*self.filter.filters} | {*EXTRA_FILTERS}))

    def context(self) -> dict[str, Any]:
        """Return what the list's rows need."""
        path = reverse("leads:list")
        return {
            "list": self,
            "page": self.page,
            "sort": self.sort,
            "chips": self.filter.chips(),
            "state": self.state(),
            "older": self.page.older(self.query, path),
            "newer": self.page.newer(self.query, path),
            "count": self.count,
            "count_words": keyset.count_words(self.count),
            "bulk_total": self.count if self.count <= keyset.COUNT_LIMIT else 0,
        }


def without(query: QueryDict, *names: str) -> QueryDict:
    """Return the parameters without `names` and without blanks, in a settled order."""
    kept = QueryDict(mutable=True)
    for name in sorted(query):
        values = [value for value in query.getlist(name) if value]
        if name not in names and values:
            kept.setlist(name, sorted(values))
    return kept


def presets(today: str) -> dict[str, Mapping[str, str]]:
    """Return the tabs that everybody has: name to parameters. “ready” is the funnel's filter."""
    sales = next(value for value, name in GROUPS.items() if name == "With sales")
    return {
        "All": {},
        "Mine": {"owner": "me"},
        "New today": {"created_from": today, "sort": "-created"},
        "Ready for sales": {"ready": "yes", "sort": "-score"},
        "Recycled": {"stage": Stage.RECYCLED.value},
        "No owner": {"owner": "none"},
        "With sales": {"stage": sales},
    }


def tabs(user: User, query: QueryDict) -> list[Tab]:
    """Return the preset tabs and the user's own saved views; the present one is active."""
    path, now = reverse("leads:list"), without(query, "sort", *PLACE)
    named = [(name, encoded(asked)) for name, asked in presets(str(localdate())).items()]
    own = SavedView.objects.filter(user=user, listing=SavedView.Listing.LEADS)
    named += [(view.name, view.query) for view in own]
    return [
        Tab(name, f"{path}?{asked}", active=without(QueryDict(asked), "sort") == now)
        for name, asked in named
    ]


def encoded(asked: Mapping[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(asked)
    return without(query).urlencode()

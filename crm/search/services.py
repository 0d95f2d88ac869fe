"""Search over all records that the user may see, a few of each kind."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from campaigns.models import Campaign
from crm.common.keys import matching
from crm.users.models import User
from deals.models import Deal
from leads.models import Company, Lead

SHORTEST = 2
"""Letters from which on a search starts: one letter finds everything and helps nobody."""


@dataclass(frozen=True)
class Hit:
    label: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    name: str
    icon: str
    hits: list[Hit]
    more: bool
    """whether there are more than these"""


def search(user: User, text: str, *, each: int = 8) -> list[Group]:
    """Return what fits every word of `text`, at most `each` of a kind.

    Kinds without a hit are left out, rows out of the user's scope are never found. One query for
    each kind.
    """
    words = text.strip()
    if len(words) < SHORTEST:
        return []
    groups = [find(user, words, each) for find in (leads, companies, deals, campaigns)]
    return [group for group in groups if group.hits]


def take(name: str, icon: str, rows: Any, each: int, detail: Callable[[Any], str]) -> Group:
    """Return the first rows as hits; one more is fetched to know whether there are more."""
    found = list(rows[: each + 1])
    hits = [Hit(str(row), detail(row), row.get_absolute_url()) for row in islice(found, each)]
    return Group(name, icon, hits, len(found) > each)


def leads(user: User, words: str, each: int) -> Group:
    rows = Lead.objects.visible_to(user).search(words).select_related("company")
    return take("Leads", "users", rows.order_by("-score", "-pk"), each, describe_lead)


def describe_lead(lead: Lead) -> str:
    return " · ".join(str(part) for part in (lead.company, lead.get_stage_display()) if part)


def companies(user: User, words: str, each: int) -> Group:
    rows = Company.objects.visible_to(user).search(words)
    return take(
        "Companies", "building", rows.order_by("sort_key", "pk"), each, lambda row: row.industry
    )


def deals(user: User, words: str, each: int) -> Group:
    rows = Deal.objects.visible_to(user).search(words).select_related("stage")
    return take("Deals", "briefcase", rows.order_by("-created_at", "-pk"), each, describe_deal)


def describe_deal(deal: Deal) -> str:
    return str(deal.stage) if deal.is_open else deal.get_status_display()


def campaigns(user: User, words: str, each: int) -> Group:
    rows = Campaign.objects.visible_to(user).filter(matching(words))
    return take(
        "Campaigns",
        "speakerphone",
        rows.order_by("sort_key", "pk"),
        each,
        lambda row: row.get_status_display(),
    )

"""Search over all records that the user may see, a few of each kind."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from campaigns.models import Campaign
from crm.activities.models import Activity
from crm.common.folding import fold, search_words
from crm.common.keys import LONGEST_KEPT, matching
from crm.correspondence.models import Message
from crm.users.models import User
from deals.models import Deal
from deals.quotes.models import Quote
from leads.models import Company, Lead

QUOTE_NUMBER = re.compile(r"[Qq]-(?P<deal>\d{1,9})(-\d{0,6})?")
LONGEST_EXCERPT = 160
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


def search(user: User, text: str, *, each: int = 8, written: bool = False) -> list[Group]:
    """Return what fits every word of `text`, at most `each` of a kind.

    written: also what people wrote: notes, mails, quotes
    Kinds without a hit are left out, rows out of the user's scope are never found. One query for
    each kind.
    """
    words = text.strip()
    if len(words) < SHORTEST:
        return []
    kinds = RECORDS + WRITTEN if written else RECORDS
    groups = [find(user, words, each) for find in kinds]
    return [group for group in groups if group.hits]


def take(name: str, icon: str, rows: Any, each: int, detail: Callable[[Any], str]) -> Group:
    """Return the first rows as hits that are called and lie where their record says."""
    return gather(
        name, icon, rows, each, lambda row: Hit(str(row), detail(row), row.get_absolute_url())
    )


def gather(name: str, icon: str, rows: Any, each: int, hit: Callable[[Any], Hit]) -> Group:
    """Return the first rows as hits; one more is fetched to know whether there are more."""
    found = list(rows[: each + 1])
    return Group(name, icon, [hit(row) for row in found[:each]], len(found) > each)


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


def notes(user: User, words: str, each: int) -> Group:
    """What was logged with the leads, or on the deals, that `user` sees. Mails stand apart."""
    lead = Lead.objects.visible_to(user).filter(pk=OuterRef("lead"))
    deal = Deal.objects.visible_to(user).filter(pk=OuterRef("deal"))
    rows = Activity.objects.filter(matching(words)).filter(Exists(lead) | Exists(deal))
    rows = rows.exclude(kind=Activity.Kind.EMAIL).select_related("lead", "deal")

    def hit(row: Activity) -> Hit:
        record = row.deal if row.deal and row.deal.owner_id == user.pk else row.lead
        return Hit(str(row), excerpt(row.text, words), record.get_absolute_url())

    return gather("Notes", "note", rows.order_by("-at", "-pk"), each, hit)


def mails(user: User, words: str, each: int) -> Group:
    rows = Message.objects.visible_to(user).filter(matching(words)).select_related("lead")

    def detail(row: Message) -> str:
        return f"{row.lead or row.sender} · {excerpt(row.text, words)}"

    return take("E-mails", "mail", rows.order_by("-at", "-pk"), each, detail)


def quotes(user: User, words: str, each: int) -> Group:
    """Quotes by their number, or by their deal, its company and its lead; no superseded ones."""
    rows = Quote.objects.visible_to(user).exclude(state=Quote.State.SUPERSEDED)
    deals = Deal.objects.search(words)
    number = QUOTE_NUMBER.fullmatch(words)
    if number:
        deals = Deal.objects.filter(pk=int(number["deal"]))
    rows = rows.filter(deal__in=deals).select_related("deal")

    def detail(row: Quote) -> str:
        return f"{row.deal} · {row.get_state_display()}"

    return take("Quotes", "file-text", rows.order_by("-pk"), each, detail)


def excerpt(text: str, words: str) -> str:
    """Return the first line of `text` that holds a word that was looked for, or its first line."""
    looked_for = search_words(words)
    lines = [line.strip() for line in text[:LONGEST_KEPT].splitlines() if line.strip()]
    holding = (line for line in lines if any(word in fold(line) for word in looked_for))
    return next(holding, lines[0] if lines else "")[:LONGEST_EXCERPT]


RECORDS = (leads, companies, deals, campaigns)
WRITTEN = (notes, mails, quotes)

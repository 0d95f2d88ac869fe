"""The list of campaigns as CSV: the numbers of the page, from the same functions."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from campaigns.metrics import Results
from campaigns.models import Campaign
from crm.common.csv_cells import lines
from crm.common.formats import major
from crm.stages import Stage
from crm.users.models import Organisation

COLUMNS = (
    "id", "campaign", "programme", "channel", "objective", "status", "starts_on", "ends_on",
    "owner", "currency", "budget", "spend", "leads", "mqls", "sals", "accept_rate", "customers",
    "won", "pipeline", "cost_per_lead", "cost_per_mql", "cost_per_customer", "roi",
)  # fmt: skip
UNKNOWN = "n/a"


def csv_lines(campaigns: Iterable[Campaign], found: dict[int, Results]) -> Iterator[str]:
    """Yield the heading, then a line for each campaign. Money in the currency's own unit."""
    currency = Organisation.get().currency
    return lines(COLUMNS, (row(one, found[one.pk], currency) for one in campaigns))


def row(campaign: Campaign, found: Results, currency: str) -> list[object]:
    def amount(minor: int | None) -> Decimal | str:
        return UNKNOWN if minor is None else major(minor, currency)

    return [
        campaign.pk,
        campaign.name,
        campaign.parent or "",
        campaign.channel.key if campaign.channel else "",
        campaign.objective,
        campaign.status,
        campaign.starts_on or "",
        campaign.ends_on or "",
        campaign.owner or "",
        currency,
        "" if campaign.budget_minor is None else amount(campaign.budget_minor),
        amount(getattr(campaign, "spent")),  # noqa: B009 annotated by with_spent
        found.leads,
        found.mqls,
        found.count(Stage.SAL),
        share(found.accept_rate),
        found.customers,
        amount(found.won),
        amount(found.pipeline),
        amount(found.cost_per_lead),
        amount(found.cost_per_mql),
        amount(found.cost_per_customer),
        share(found.roi),
    ]


def share(part: float | None) -> float | str:
    return UNKNOWN if part is None else round(part, 4)

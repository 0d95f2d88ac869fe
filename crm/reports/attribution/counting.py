"""What channels or campaigns are owed of some deals, by each model, in money and in deals."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from crm.reports.attribution.journeys import Owed
from crm.reports.attribution.shares import MODELS, split
from crm.reports.dimensions import NONE

UNATTRIBUTED = "unattributed"
"""The group of deals that nothing is known of: no touch, no channel, no campaign."""

WHOLE = 1_000_000
"""A deal in millionths, so that parts of deals add up exactly."""

Parts = dict[str, int]
"""By model: minor units, or millionths of a deal."""


def nothing() -> Parts:
    return dict.fromkeys(MODELS, 0)


@dataclass
class Share:
    """What one group is owed. touched: deals with at least one point in the group"""

    touched: int = 0
    money: Parts = field(default_factory=nothing)
    deals: Parts = field(default_factory=nothing)

    def add(self, model: str, money: int, deals: int) -> None:
        self.money[model] += money
        self.deals[model] += deals


def share_out(deals: Iterable[Owed], by: str, currency: str) -> dict[str, Share]:
    """Return what each group is owed; UNATTRIBUTED is always there.

    by: channel or campaign
    Amounts in another currency count as deals and in no money.
    """
    found: dict[str, Share] = defaultdict(Share)
    found[UNATTRIBUTED] = Share()
    for deal in deals:
        amount = deal.amount if deal.currency == currency else 0
        if deal.journey is None:
            for model in MODELS:
                found[UNATTRIBUTED].add(model, amount, WHOLE)
            found[UNATTRIBUTED].touched += 1
            continue
        groups = [written(getattr(point, by)) for point in deal.points]
        for group in set(groups):
            found[group].touched += 1
        for model, share in MODELS.items():
            shares = share(deal.journey)
            parts = zip(groups, split(amount, shares), split(WHOLE, shares), strict=True)
            for group, money, part in parts:
                found[group].add(model, money, part)
    return dict(found)


def written(value: int | None) -> str:
    return NONE if value is None else str(value)

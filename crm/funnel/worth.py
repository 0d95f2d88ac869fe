"""What leads are worth in money: won and open. Deals know; marketing asks here.

Marketing and sales never import each other. Sales registers the one function that adds up deals;
whoever needs money per campaign or channel asks for it by the column of the lead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.users.models import Organisation
from leads.models import LeadQuerySet


@dataclass(frozen=True)
class Worth:
    """The deals of some leads. Money in minor units of the organisation's currency.

    won: amounts of won deals; open: amounts of open ones
    foreign: deals in another currency, won or open; they are in neither sum
    """

    won: int = 0
    open: int = 0
    foreign: int = 0


Find = Callable[[LeadQuerySet, str, str], dict[Any, Worth]]
_sources: list[Find] = []


def register_worth(find: Find) -> None:
    """Let the funnel know what leads are worth. Called from an AppConfig.ready.

    find: (leads, column of the lead to group by, currency) to the worth of each value
    """
    _sources[:] = [find]


def worth_by(leads: LeadQuerySet, column: str) -> dict[Any, Worth]:
    """Return what `leads` are worth for each value of their `column`, such as "campaign"."""
    currency = Organisation.get().currency
    return _sources[0](leads, column, currency) if _sources else {}

"""What leads are worth by their deals, for those who ask the funnel (crm.funnel.worth)."""

from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from crm.funnel.worth import Worth
from deals.models import Deal
from leads.models import LeadQuerySet

WON, OPEN = Q(status=Deal.Status.WON), Q(status=Deal.Status.OPEN)


def worth_by(leads: LeadQuerySet, column: str, currency: str) -> dict[Any, Worth]:
    """Return the worth of the deals of `leads` for each value of the lead's `column`.

    Every deal of a lead counts, whoever owns it: the row scope is that of the leads.
    """
    own = Q(currency=currency)
    deals = Deal.objects.filter(lead__in=leads).filter(WON | OPEN).order_by()
    rows = deals.values_list(f"lead__{column}").annotate(
        won=Coalesce(Sum("amount_minor", filter=WON & own), 0),
        open=Coalesce(Sum("amount_minor", filter=OPEN & own), 0),
        foreign=Count("pk", filter=~own),
    )
    return {value: Worth(won, open_, foreign) for value, won, open_, foreign in rows}

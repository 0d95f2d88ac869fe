"""The facts of leads, as the ledger has them now and as they were counted last."""

from collections.abc import Collection
from typing import Any

from django.db.models import Case, Max, Q, QuerySet, Sum, Value, When

from crm.funnel.models import StageEntry
from crm.reports.facts import Fact
from crm.reports.models import TIMES, FunnelFact
from crm.stages import PATH

Leads = Collection[int] | range | QuerySet[Any, Any]
GROUPS = ["lead__channel_id", "lead__campaign_id", "lead__owner_id"]


def in_ledger(leads: Leads) -> dict[int, Fact]:
    """Return what the ledger's entries say of these leads now, in one query.

    leads: keys, a range of them or a query of them; a lead without an entry is left out
    """
    times: dict[str, Any] = {
        name: Max("at", filter=Q(stage=stage)) for name, stage in zip(TIMES, PATH, strict=True)
    }
    leaps = [
        When(stage=stage, implied=True, then=Value(1 << place)) for place, stage in enumerate(PATH)
    ]
    rows = (
        StageEntry.objects.filter(chosen(leads), stage__in=PATH)
        .order_by()
        .values("lead_id", *GROUPS)
        .annotate(leapt=Sum(Case(*leaps, default=Value(0))), **times)
        .values_list("lead_id", *GROUPS, "leapt", *TIMES)
    )
    return by_lead(rows)


def as_counted(leads: Leads) -> dict[int, Fact]:
    """Return what the sums hold of these leads."""
    return by_lead(FunnelFact.objects.filter(chosen(leads)).values_list(*FunnelFact.COLUMNS))


def chosen(leads: Leads) -> Q:
    if isinstance(leads, range):
        return Q(lead_id__gte=leads.start, lead_id__lt=leads.stop)
    return Q(lead_id__in=leads)


def by_lead(rows: Any) -> dict[int, Fact]:
    return {row[0]: Fact.from_row(row) for row in rows}

"""How one deal is attributed: a panel of its record, so that a report's numbers can be checked."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, Touch
from crm.reports.attribution.journeys import Owed, owed
from crm.reports.attribution.shares import LABELS, MODELS
from crm.users.permissions import EVERYBODY, SignedInRequest, allow
from deals.models import Deal
from leads.models import Channel


@allow(EVERYBODY)
@require_GET
def deal_panel(request: SignedInRequest, pk: int) -> HttpResponse:
    """The touches that led to a deal, and each one's share by every model."""
    deal = get_object_or_404(Deal.objects.visible_to(request.user), pk=pk)
    [found] = owed(Deal.objects.filter(pk=deal.pk))
    context = {"deal": deal, "labels": list(LABELS.values()), "points": points(found)}
    return render(request, "reports/_deal_attribution.html", context)


def points(found: Owed) -> list[dict[str, Any]]:
    if found.journey is None:
        return []
    shares = [model(found.journey) for model in MODELS.values()]
    campaigns = dict(
        Campaign.objects.filter(pk__in={p.campaign for p in found.points}).values_list("pk", "name")
    )
    channels = dict(
        Channel.objects.filter(pk__in={p.channel for p in found.points}).values_list("pk", "name")
    )
    kinds = dict(Touch.Kind.choices)
    return [
        {
            "at": point.at,
            "what": kinds.get(point.kind, "Came in"),
            "campaign": campaigns.get(point.campaign or 0, ""),
            "channel": channels.get(point.channel or 0, ""),
            "shares": [of_model[place] for of_model in shares],
        }
        for place, point in enumerate(found.points)
    ]

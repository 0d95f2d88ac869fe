"""The deals of a lead and of a company, as panels of their records."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals import cards
from deals.models import Deal, DealQuerySet
from deals.services import LEADS_TO_DEAL
from leads.models import Company, Lead

SHOWN = 20


@allow(EVERYBODY)
@require_GET
def lead_deals(request: SignedInRequest, pk: int) -> HttpResponse:
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    possible = request.user.role in SALES and lead.stage in LEADS_TO_DEAL
    deals = Deal.objects.visible_to(request.user).filter(lead=lead)
    return panel(request, deals, lead=lead if possible else None, more=f"q={lead}")


@allow(EVERYBODY)
@require_GET
def company_deals(request: SignedInRequest, pk: int) -> HttpResponse:
    company = get_object_or_404(Company.objects.visible_to(request.user), pk=pk)
    deals = Deal.objects.visible_to(request.user).filter(company=company)
    return panel(request, deals, lead=None, more=f"q={company}")


def panel(
    request: SignedInRequest, deals: DealQuerySet, *, lead: Lead | None, more: str
) -> HttpResponse:
    """Answer with the newest of `deals`; with a lead, the way to open one with it is offered."""
    at = cards.clock()
    found = list(deals.for_cards().order_by("-created_at", "-pk")[: SHOWN + 1])
    context = {
        "rows": [cards.card(deal, at) for deal in found[:SHOWN]],
        "lead": lead,
        "more": more if len(found) > SHOWN else "",
    }
    return render(request, "deals/_panel.html", context)

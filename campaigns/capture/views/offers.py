"""New facts from a form, offered on the record of a known lead."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from campaigns.capture import known_leads
from campaigns.capture.models import OfferedFact
from crm.common.htmx import done, toast
from crm.users.permissions import EVERYBODY, WRITERS, SignedInRequest, allow
from leads.companies import CompanyNotAccepted
from leads.models import Lead
from leads.services import LeadNotAccepted


@allow(EVERYBODY)
@require_GET
def lead_offers(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the lead wrote into forms that differs from what we know."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    offers = lead.offered_facts.filter(accepted=None).select_related("submission__form")
    may_write = request.user.role in WRITERS
    return render(request, "capture/_offers.html", {"offers": offers, "may_write": may_write})


def offered(request: SignedInRequest, pk: int) -> OfferedFact:
    seen = Lead.objects.visible_to(request.user)
    return get_object_or_404(
        OfferedFact.objects.filter(lead__in=seen).select_related("lead"), pk=pk
    )


@allow(WRITERS)
@require_POST
def accept_fact(request: SignedInRequest, pk: int) -> HttpResponse:
    fact = offered(request, pk)
    try:
        known_leads.accept(fact, actor=request.user)
        toast(request, f"{fact.label} saved")
    except known_leads.Decided:
        toast(request, "Somebody has decided on it already.", level="warning")
    except (LeadNotAccepted, CompanyNotAccepted) as refusal:
        toast(request, str(refusal), level="error")
    return done(request, fact.lead.get_absolute_url())


@allow(WRITERS)
@require_POST
def dismiss_fact(request: SignedInRequest, pk: int) -> HttpResponse:
    fact = offered(request, pk)
    try:
        known_leads.decide(fact, False, actor=request.user)
        toast(request, "Dismissed")
    except known_leads.Decided:
        toast(request, "Somebody has decided on it already.", level="warning")
    return done(request, fact.lead.get_absolute_url())

"""The record of a deal, how it is made of a lead, and its facts."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from crm.common.htmx import conflict, refused, wants_partial
from crm.common.parts import Step
from crm.funnel.models import Handoff
from crm.users.models import User
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals import cards, criteria, services
from deals.forms import FactForm, NextStepForm
from deals.models import Deal
from deals.services import LEADS_TO_DEAL, StaleDeal
from deals.writing import DEAL
from leads import companies
from leads.models import Company, Lead
from leads.writing import may_write

SNOOZES = {3: "For 3 days", 7: "For a week", 14: "For two weeks"}
"""How long a rotting deal may be put off."""

EDITED = "deal-edited"
"""The browser's event at which the parts of a record load again."""


def visible_deal(request: SignedInRequest, pk: int) -> Deal:
    """Return the deal with all that its record shows, 404 if it is not the user's to see."""
    deals = Deal.objects.visible_to(request.user).for_cards()
    named = deals.select_related("lead__channel", "lead__campaign", "pipeline", "lost_reason",
                                 "qualified_by", "company", "stage", "owner", "team")  # fmt: skip
    return get_object_or_404(named, pk=pk)


def record(deal: Deal, user: User) -> dict[str, Any]:
    """Return what the record's templates need."""
    return {
        "deal": deal,
        "deal_pk": str(deal.pk),
        "card": cards.card(deal, cards.clock()) if deal.is_open else None,
        "steps": steps(deal),
        "criteria": criteria.of_stages(deal, [deal.stage]) if deal.is_open else [],
        "snoozes": SNOOZES,
        "is_snoozed": bool(deal.snoozed_until and deal.snoozed_until > now()),
        "handoff": accepted_handoff(deal),
        "may_edit": user.role in SALES,
        "may_assign": may_write(user, "owner", DEAL),
        "step_form": NextStepForm(),
        "fact_names": list(FactForm.FACTS),
    }


def steps(deal: Deal) -> list[tuple[Any, Step]]:
    """Return the stages of the deal's pipeline, each with its place on the way."""
    stages = list(deal.pipeline.stages.all())
    at = next((i for i, stage in enumerate(stages) if stage.pk == deal.stage_id), 0)
    states = ["done" if i < at else "current" if i == at else "next" for i in range(len(stages))]
    hue = {"won": "customer", "lost": "closed"}.get(deal.status, "sql")
    return [
        (stage, Step(stage.name, state, f"{stage.probability} %", hue=hue,
                     at=deal.stage_since if state == "current" else None))
        for stage, state in zip(stages, states, strict=True)
    ]  # fmt: skip


def accepted_handoff(deal: Deal) -> Handoff | None:
    """Return the handoff by which sales took the lead, the last one before the deal."""
    accepted = deal.lead.handoffs.filter(
        outcome=Handoff.Outcome.ACCEPTED, answered_at__lte=deal.created_at
    )
    return accepted.select_related("answered_by").order_by("-attempt").first()


@allow(EVERYBODY)
@require_GET
def deal_peek(request: SignedInRequest, pk: int) -> HttpResponse:
    """The drawer beside the board."""
    deal = visible_deal(request, pk)
    card = cards.card(deal, cards.clock()) if deal.is_open else None
    return render(request, "deals/_peek.html", {"deal": deal, "card": card})


@allow(SALES)
@require_GET
def deal_create(request: SignedInRequest) -> HttpResponse:
    """Which lead is the deal with? A search over those that sales may open a deal with."""
    text = request.GET.get("q", "").strip()
    leads = Lead.objects.visible_to(request.user).filter(stage__in=LEADS_TO_DEAL).search(text)
    context = {
        "leads": leads.select_related("company").order_by("-stage_since", "-pk")[:20],
        "q": text,
    }
    if request.headers.get("HX-Target") == "pick":
        return render(request, "deals/_pick.html", context)
    name = "deals/_create.html" if wants_partial(request) else "deals/create.html"
    return render(request, name, context)


@allow(SALES)
@require_GET
def company_match(request: SignedInRequest) -> HttpResponse:
    """Which company a typed name means, said under the field."""
    name = request.GET.get("company", "").strip()
    found: Company | None = companies.match(name) if name else None
    return render(request, "deals/_company_match.html", {"found": found, "name": name})


@allow(SALES)
@require_http_methods(["GET", "POST"])
def deal_fact(request: SignedInRequest, pk: int, fact: str) -> HttpResponse:
    """Edit one fact in its place. A stale write is refused with what the other made of it."""
    deal = visible_deal(request, pk)
    if fact not in FactForm.FACTS:
        raise Http404
    if fact == "owner" and not may_write(request.user, fact, DEAL):
        raise PermissionDenied("A sales manager decides who owns a deal.")
    if "cancel" in request.GET:
        return render(request, "deals/_fact.html", record(deal, request.user) | {"fact": fact})
    form = FactForm(request.POST or None, deal=deal, fact=fact)
    context = {"deal": deal, "fact": fact, "form": form}
    name = "deals/_fact_form.html" if wants_partial(request) else "deals/fact.html"
    if request.method == "GET":
        return render(request, name, context)
    if not form.is_valid():
        return refused(request, name, context)
    version = deal.version if "overwrite" in request.POST else form.cleaned_data["version"]
    try:
        services.edit(deal, form.changes(), version=version, actor=request.user)
    except StaleDeal as stale:
        return conflict(request, name, context | {"stale": stale, "last": stale.deal.moves.first()})
    if not wants_partial(request):
        return redirect(deal)
    context = record(deal, request.user) | {"fact": fact}
    answer = render(request, "deals/_fact_saved.html", context)
    return trigger_client_event(answer, EDITED)


@allow(EVERYBODY)
@require_GET
def next_activity(request: SignedInRequest, pk: int) -> HttpResponse:
    """The bar on top of an open deal's record, afresh."""
    deal = visible_deal(request, pk)
    name = "deals/_next.html" if deal.is_open else "deals/_closed.html"
    return render(request, name, record(deal, request.user))

"""What helps an open deal on: its exit criteria, ticked or seen, and not hearing that it rots."""

from datetime import timedelta

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_POST

from crm.common import formats
from crm.common.htmx import done, toast, wants_partial
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals import criteria, services
from deals.models import Deal
from deals.services import NotAllowedNow, StaleDeal
from deals.views.records import SNOOZES, visible_deal


@allow(EVERYBODY)
@require_GET
def deal_criteria(request: SignedInRequest, pk: int) -> HttpResponse:
    """The exit criteria of the deal's stage, as they stand."""
    return criteria_answer(request, visible_deal(request, pk))


@allow(SALES)
@require_POST
def tick(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tick a criterion by hand, or take its tick away."""
    deal = visible_deal(request, pk)
    text = request.POST.get("text", "")
    if text not in criteria.own_texts(deal):
        return HttpResponseBadRequest("This is not ticked by hand.")
    criteria.tick(deal, text, met=bool(request.POST.get("met")), actor=request.user)
    return criteria_answer(request, deal)


def criteria_answer(request: SignedInRequest, deal: Deal) -> HttpResponse:
    if not wants_partial(request):
        return redirect(deal)
    rows = criteria.of_stages(deal, [deal.stage])
    context = {"deal": deal, "criteria": rows, "may_edit": request.user.role in SALES}
    return render(request, "deals/_criteria.html", context)


@allow(SALES)
@require_POST
def snooze(request: SignedInRequest, pk: int, days: int) -> HttpResponse:
    """Let the deal not rot for some days: nothing can be done now, and the rep knows."""
    deal = visible_deal(request, pk)
    until = now() + timedelta(days=days if days in SNOOZES else min(SNOOZES))
    try:
        services.snooze(deal, until=until, actor=request.user)
    except (NotAllowedNow, StaleDeal) as fault:
        toast(request, str(fault), level="warning")
    else:
        toast(request, f"“{deal}” is quiet until {formats.day(until)}")
    return done(request, deal.get_absolute_url())

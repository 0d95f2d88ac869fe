"""The Negotiation tab of a deal."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals.models import Deal
from deals.negotiation import services
from deals.negotiation.forms import EntryForm
from deals.negotiation.models import Entry
from deals.views.records import visible_deal
from deals.views.tabs import show_tab

TAB, SHOWN = "negotiation", 200
ANSWERS = {
    "accepted": Entry.Status.ACCEPTED,
    "declined": Entry.Status.DECLINED,
    "withdrawn": Entry.Status.WITHDRAWN,
}


@allow(EVERYBODY)
@require_GET
def log(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who offered what, the latest first, and what was given so far."""
    deal = visible_deal(request, pk)
    entries = Entry.objects.filter(deal=deal).select_related("by", "quote")
    context = {
        "entries": entries[:SHOWN],
        "given": services.given_in(deal),
        "may_sell": request.user.role in SALES,
    }
    return show_tab(request, deal, TAB, "negotiation/_tab.html", context)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = visible_deal(request, pk)
    form = EntryForm(request.POST or None, deal=deal)
    if request.method == "POST" and form.is_valid():
        services.log_entry(deal, actor=request.user, **form.values())
        toast(request, "Written into the negotiation log")
        return done(request, reverse("negotiation:log", args=[deal.pk]))
    return asked(request, deal, form, title=f"Offer for {deal}")


@allow(SALES)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    entry = visible_entry(request, pk)
    form = EntryForm(request.POST or None, deal=entry.deal, instance=entry)
    if request.method == "POST" and form.is_valid():
        services.edit_entry(entry, **form.values())
        toast(request, "Entry saved")
        return done(request, reverse("negotiation:log", args=[entry.deal_id]))
    return asked(request, entry.deal, form, title="Edit the entry")


@allow(SALES)
@require_POST
def answer(request: SignedInRequest, pk: int, status: str) -> HttpResponse:
    """Say what became of an open offer."""
    entry = visible_entry(request, pk)
    if status not in ANSWERS:
        raise Http404
    if not services.answer_entry(entry, ANSWERS[status]):
        toast(request, "This offer has its answer already.", level="warning")
    return redirect("negotiation:log", entry.deal_id)


def visible_entry(request: SignedInRequest, pk: int) -> Entry:
    """Return the entry, 404 if its deal is not the user's to see."""
    entries = Entry.objects.visible_to(request.user).select_related("deal")
    return get_object_or_404(entries, pk=pk)


def asked(request: SignedInRequest, deal: Deal, form: EntryForm, **more: Any) -> HttpResponse:
    """Answer with the dialog, or the page without script; 422 with errors."""
    part = "negotiation/_form.html"
    context = {"deal": deal, "form": form, "part": part, **more}
    name = part if wants_partial(request) else "negotiation/form.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)

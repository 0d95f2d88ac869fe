"""Logging a touch by hand, again and again: at a fair, after a call."""

import uuid

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localtime, now
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.forms import TouchForm
from campaigns.models import Touch
from campaigns.picking import suggestions, written
from campaigns.services.touches import record_touch
from campaigns.views.common import show_form
from crm.common import parameters
from crm.common.htmx import done, toast, wants_partial
from crm.funnel.causes import Cause, Code
from crm.funnel.intake import take_in
from crm.users.permissions import MARKETING, SignedInRequest, allow
from leads.models import Lead

KEPT = ("kind", "campaign", "detail")
"""What stays in the form for the next touch."""


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    form = TouchForm(request.POST or None, initial=initial(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        return saved(request, form)
    return show(request, form)


def show(request: SignedInRequest, form: TouchForm) -> HttpResponse:
    return show_form(
        request,
        "campaigns/_touch_form.html",
        {"form": form},
        title="Log a touch",
        back=reverse("campaigns:list"),
        back_label="Campaigns",
    )


def initial(request: SignedInRequest) -> dict[str, object]:
    """Return what the address asks for, and otherwise a form sent just now."""
    asked = request.GET if request.method == "GET" else request.POST
    values: dict[str, object] = {name: asked.get(name) for name in KEPT}
    values |= {"at": localtime(now()).replace(second=0), "key": uuid.uuid4().hex}
    if pk := parameters.whole_number(request.GET.get("lead")):
        values["lead"] = written(get_object_or_404(Lead.objects.visible_to(request.user), pk=pk))
    return values


def saved(request: SignedInRequest, form: TouchForm) -> HttpResponse:
    touch = log(form)
    toast(request, f"{touch.get_kind_display()} logged for {touch.lead}")
    if "again" in request.POST and wants_partial(request):
        return show(request, TouchForm(initial=initial(request), user=request.user))
    if "again" in request.POST:
        query = {name: request.POST.get(name, "") for name in KEPT}
        again = f"{reverse('campaigns:touch-create')}?{urlencode(query)}"
        return redirect(again)
    if wants_partial(request):
        return done(request, "", event="lead-changed")
    return redirect(touch.lead)


@transaction.atomic
def log(form: TouchForm) -> Touch:
    """Record what the form says; an unknown address becomes a lead in the same transaction."""
    data, user = form.cleaned_data, form.user
    lead, campaign = data["lead"], data["campaign"]
    if isinstance(lead, str):
        known = Lead.objects.with_address(lead).first()
        channel = campaign.channel if campaign else None
        origin = {"campaign": campaign, "channel": channel}
        cause = Cause(Code.RESPONDED)
        lead = known or take_in(actor=user, cause=cause, email=lead, **origin)
    touch, _ = record_touch(
        lead,
        data["kind"],
        data["at"],
        f"hand:{user.pk}:{data['key']}",
        campaign=campaign,
        detail=data["detail"],
        actor=user,
    )
    return touch


@allow(MARKETING)
@require_GET
def lead_options(request: SignedInRequest) -> HttpResponse:
    """The leads to choose from while one types."""
    found = suggestions(request.GET.get("lead", ""), request.user)
    options = [(written(lead), lead.company) for lead in found]
    return render(request, "campaigns/_lead_options.html", {"options": options})

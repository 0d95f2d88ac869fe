"""Dated spend of a campaign."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.forms import SpendForm
from campaigns.models import Campaign, Spend
from campaigns.services import spending
from campaigns.views.common import show_form
from crm.common.htmx import done, toast
from crm.people import deleting
from crm.users.permissions import MARKETING, SignedInRequest, allow


def back_to(campaign: Campaign) -> str:
    return f"{campaign.get_absolute_url()}?tab=spend"


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    form = SpendForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        spending.add_spend(campaign, actor=request.user, **form.values)
        toast(request, "Spend added")
        return done(request, back_to(campaign))
    return show(request, form, campaign, "Add spend")


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    spend = get_object_or_404(Spend.objects.select_related("campaign"), pk=pk)
    form = SpendForm(request.POST or None, instance=Spend(pk=spend.pk, **kept(spend)))
    if request.method == "POST" and form.is_valid():
        spending.edit_spend(spend, **form.values)
        toast(request, "Spend saved")
        return done(request, back_to(spend.campaign))
    return show(request, form, spend.campaign, "Edit spend")


def kept(spend: Spend) -> dict[str, object]:
    return {"day": spend.day, "amount_minor": spend.amount_minor, "note": spend.note}


def show(request: SignedInRequest, form: SpendForm, campaign: Campaign, title: str) -> HttpResponse:
    return show_form(
        request,
        "campaigns/_spend_form.html",
        {"form": form, "campaign": campaign},
        title=title,
        back=back_to(campaign),
        back_label=str(campaign),
    )


@allow(MARKETING)
@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    spend = get_object_or_404(Spend.objects.select_related("campaign"), pk=pk)
    back = back_to(spend.campaign)
    toast(request, "Spend deleted", undo_url=deleting.delete(request, spend, back=back))
    return done(request, back)

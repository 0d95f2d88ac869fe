"""The list of campaigns: its views, its file, and what is done with several at once."""

import uuid
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from campaigns import export as exporting
from campaigns import metrics, trends
from campaigns.filters import VIEWS, CampaignFilter, in_view, ordered
from campaigns.models import Campaign
from campaigns.querysets import CampaignQuerySet
from campaigns.services import planning
from crm.audit.acting import Door, acting
from crm.common import parameters
from crm.common.formats import money
from crm.common.htmx import done, toast, wants_partial
from crm.common.parts import Tab
from crm.stages import Stage
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow
from leads.sample import sample_url

PAGE = 50
MOST_IDS = 1000


@allow(EVERYBODY)
@require_GET
@vary_on_headers("HX-Request")
def campaign_list(request: SignedInRequest) -> HttpResponse:
    form, view = CampaignFilter(request.GET), request.GET.get("view", "")
    found = list(asked_for(request, request.GET).for_list())
    rows = ordered(found, metrics.results(found, request.user), request.GET.get("sort", ""))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "views": view_tabs(view), "view": view}
    context |= {"rows": full_rows(request, page), "total": len(rows)}
    context["may_write"] = request.user.role in MARKETING
    context["sample_url"] = partial(sample_url, request.user)
    fragment = wants_partial(request)
    return render(request, "campaigns/_rows.html" if fragment else "campaigns/list.html", context)


def asked_for(request: SignedInRequest, query: QueryDict) -> CampaignQuerySet:
    """Return the campaigns that the list's address selects."""
    campaigns = Campaign.objects.visible_to(request.user)
    campaigns = in_view(campaigns, query.get("view", ""), request.user)
    return CampaignFilter(query).narrow(campaigns)


def full_rows(request: SignedInRequest, page: Any) -> list[dict[str, Any]]:
    """Return the rows of one page, each with its leads of the last weeks."""
    weeks = trends.weekly_leads([c.pk for c, _ in page], request.user, localdate())
    return [{**row_of(campaign, found), "weeks": weeks[campaign.pk]} for campaign, found in page]


def row_of(campaign: Campaign, found: metrics.Results) -> dict[str, Any]:
    """Return what a row of the list shows, each number with its link."""
    return {
        "campaign": campaign,
        "found": found,
        "leads_url": metrics.leads_url(campaign),
        "mqls_url": metrics.leads_url(campaign, Stage.MQL),
        "won_url": metrics.leads_url(campaign, Stage.CUSTOMER),
    }


def said(found: metrics.Results, currency: str) -> dict[str, str]:
    """Return the sums and costs in words; what cannot be told is n/a."""
    names = ("cost_per_lead", "cost_per_mql", "cost_per_customer", "won", "pipeline")
    amounts = {name: getattr(found, name) for name in names}
    return {name: "n/a" if m is None else money(m, currency) for name, m in amounts.items()}


def view_tabs(view: str) -> list[Tab]:
    path = reverse("campaigns:list")
    return [
        Tab(label, f"{path}?{urlencode({'view': key})}" if key else path, active=key == view)
        for key, label in VIEWS.items()
    ]


# Several at once ----------------------------------------------------------------------------------


def chosen(request: SignedInRequest) -> CampaignQuerySet:
    """Return the campaigns that the bulk bar names: some by key, or all that match its query."""
    if request.POST.get("all"):
        return asked_for(request, QueryDict(request.POST.get("query", "")))
    ids = parameters.keys(request.POST.getlist("ids")[:MOST_IDS])
    return Campaign.objects.visible_to(request.user).filter(pk__in=ids)


@allow(MARKETING)
@require_POST
@acting(door=Door.BULK)
def bulk_pause(request: SignedInRequest) -> HttpResponse:
    batch, count = planning.pause(chosen(request))
    return told(request, batch, count, "paused")


@allow(MARKETING)
@require_POST
@acting(door=Door.BULK)
def bulk_archive(request: SignedInRequest) -> HttpResponse:
    batch, count = planning.archive(chosen(request))
    return told(request, batch, count, "archived")


def told(request: SignedInRequest, batch: uuid.UUID, count: int, word: str) -> HttpResponse:
    """Say how many campaigns were changed, with the way back, and show the list again."""
    undo = reverse("campaigns:bulk-undo", args=[batch]) if count else ""
    toast(request, f"{count:,} campaign{'s' if count != 1 else ''} {word}", undo_url=undo)
    return done(request, f"{reverse('campaigns:list')}?{request.POST.get('query', '')}")


@allow(MARKETING)
@require_POST
@acting(door=Door.BULK)
def bulk_undo(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    count = planning.undo_status(batch)
    toast(request, f"{count:,} campaign{'s' if count != 1 else ''} as before")
    return done(request, reverse("campaigns:list"))


@allow(EVERYBODY)
@require_http_methods(["GET", "POST"])
def export(request: SignedInRequest) -> Any:
    """The list as a CSV file: all that match the address, or the chosen ones."""
    found = chosen(request) if request.method == "POST" else asked_for(request, request.GET)
    campaigns = list(found.for_list())
    lines = exporting.csv_lines(campaigns, metrics.results(campaigns, request.user))
    response = StreamingHttpResponse(lines, content_type="text/csv")
    name = f"campaigns-{localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

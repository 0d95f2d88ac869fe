"""One campaign: its record in parts, writing it, cloning it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import metrics, trends
from campaigns.assets import assets_of
from campaigns.charting import spend_chart
from campaigns.forms import CampaignForm
from campaigns.history import events_of
from campaigns.members import as_members, members
from campaigns.models import Campaign, Feedback, Response
from campaigns.services import planning
from campaigns.services.planning import NotAProgramme, save_campaign
from campaigns.views.common import header, show_form
from campaigns.views.listing import row_of, said
from crm.common import keyset
from crm.common.formats import money_short
from crm.common.htmx import done, toast
from crm.users.models import Organisation
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow
from leads.models import Lead

PAGE = 50
NEWEST = keyset.Order("created_at", datetime, descending=True)


@allow(EVERYBODY)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    campaigns = Campaign.objects.visible_to(request.user).for_list()
    campaign = get_object_or_404(campaigns, pk=pk)
    tab = request.GET.get("tab", "")
    tab = tab if tab in PARTS else ""
    context = {**header(request, campaign, tab), **PARTS[tab](request, campaign)}
    return render(request, "campaigns/detail.html", context)


def overview(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    found = metrics.results([campaign], request.user)[campaign.pk]
    trend = trends.trend(campaign, request.user, localdate())
    currency = Organisation.get().currency
    children = programme(request, campaign, found)
    own = {"found": found, "spent": spent_of(campaign), "budget": campaign.budget_minor}
    return {
        **row_of(campaign, found),
        "strip": strip(children or own, currency),
        "steps": metrics.funnel_steps(campaign, found),
        "goal": f"of {campaign.mql_goal} planned" if campaign.mql_goal and not children else "",
        "trend": trend,
        "chart": spend_chart(trend, currency),
        "programme": children,
    }


def strip(numbers: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return the words of the KPI strip: of one campaign, or of a programme with all under it.

    numbers: `found` (Results), `spent` and `budget` in minor units or None
    """
    found, budget = numbers["found"], numbers["budget"]
    return {
        "found": found,
        "spent": numbers["spent"],
        "budget": "" if budget is None else f"of {money_short(budget, currency)}",
        "waiting": f"{found.waiting} waiting for an answer" if found.waiting else "",
        "foreign": foreign(found),
        **said(found, currency),
    }


def foreign(found: metrics.Results) -> str:
    """Return the words on deals that no sum can hold."""
    count = found.worth.foreign if found.worth else 0
    return f"and {count} in other currencies" if count else ""


def programme(
    request: SignedInRequest, campaign: Campaign, found: metrics.Results
) -> dict[str, Any] | None:
    """Return the campaigns under this one, each with its numbers, and all of them together."""
    children = list(campaign.children.for_list())
    if not children:
        return None
    currency = Organisation.get().currency
    parts = metrics.results(children, request.user)
    total = metrics.together([found, *parts.values()])
    lines = [(campaign, found), *((child, parts[child.pk]) for child in children)]
    everything = [campaign, *children]
    return {
        "rows": [{**row_of(*line), "said": said(line[1], currency)} for line in lines],
        "found": total,
        "said": said(total, currency),
        "count": len(children),
        "spent": known_sum(spent_of(one) for one in everything),
        "budget": known_sum(one.budget_minor for one in everything),
    }


def spent_of(campaign: Campaign) -> int | None:
    """Return what CampaignQuerySet.with_spent has annotated."""
    return getattr(campaign, "spent")  # type: ignore[no-any-return]  # noqa: B009


def known_sum(amounts: Iterable[int | None]) -> int | None:
    """Return the sum of the amounts that are known; None where none is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def spend_part(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    spends = campaign.spends.select_related("created_by")
    return {"page": Paginator(spends, PAGE).get_page(request.GET.get("page"))}


def touches_part(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    seen = Lead.objects.visible_to(request.user)
    touches = campaign.touches.filter(lead__in=seen).select_related("lead", "recorded_by")
    return {"page": Paginator(touches, PAGE).get_page(request.GET.get("page"))}


def members_part(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    asked = request.GET.get("response", "")
    asked = asked if asked in Response.values else ""
    found = members(campaign, request.user, asked).select_related("company")
    page = keyset.page(found, NEWEST, request.GET, size=PAGE)
    path = campaign.get_absolute_url()
    return {
        "members": as_members(campaign, page.rows), "asked": asked, "responses": Response.choices,
        "older": page.older(request.GET, path), "newer": page.newer(request.GET, path),
    }  # fmt: skip


def assets_part(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    return {"shelves": assets_of(campaign)}


def feedback_part(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    seen = Feedback.objects.visible_to(request.user).filter(campaign=campaign)
    return {"items": list(seen.with_verdict()[:PAGE]), "may_act": False}


def activity_part(request: SignedInRequest, campaign: Campaign) -> dict[str, Any]:
    return {"events": events_of(campaign, request.user)}


PARTS = {
    "": overview,
    "spend": spend_part,
    "members": members_part,
    "touches": touches_part,
    "assets": assets_part,
    "feedback": feedback_part,
    "activity": activity_part,
}


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    return write(request, Campaign(), title="New campaign", back=reverse("campaigns:list"))


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    return write(request, campaign, title=f"Edit {campaign}", back=campaign.get_absolute_url())


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def clone(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new campaign with the plan of this one: never its spend, touches or leads."""
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    back = campaign.get_absolute_url()
    return write(request, planning.copy_of(campaign), title=f"Clone {campaign}", back=back)


@allow(MARKETING)
@require_POST
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.visible_to(request.user), pk=pk)
    batch, _ = planning.archive(Campaign.objects.filter(pk=pk))
    undo = reverse("campaigns:bulk-undo", args=[batch])
    toast(request, f"{campaign} archived", undo_url=undo)
    return done(request, reverse("campaigns:list"))


def write(request: SignedInRequest, campaign: Campaign, *, title: str, back: str) -> HttpResponse:
    """Show the campaign's form, or save it."""
    form = CampaignForm(request.POST or None, instance=campaign, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_campaign(form.filled())
        except NotAProgramme as fault:
            form.add_error("parent", str(fault))
        else:
            toast(request, f"{saved} saved")
            return done(request, saved.get_absolute_url())
    context = {"form": form, "campaign": campaign}
    label = "Campaigns" if campaign.pk is None else "Back"
    return show_form(
        request, "campaigns/_form.html", context, title=title, back=back, back_label=label
    )

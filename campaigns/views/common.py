"""What several of marketing's views do alike."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from campaigns.models import Campaign
from crm.common.freshness import status_of
from crm.common.htmx import wants_partial
from crm.common.parts import Tab
from crm.users.permissions import MARKETING, SignedInRequest

TABS = {
    "": "Overview",
    "members": "Members",
    "metrics": "Metrics",
    "spend": "Spend",
    "touches": "Touches",
    "assets": "Assets",
    "feedback": "Feedback",
    "activity": "Activity",
}


def header(request: SignedInRequest, campaign: Campaign, tab: str) -> dict[str, Any]:
    """Return what every part of a campaign's record shows above itself."""
    return {
        "campaign": campaign,
        "tab": tab,
        "tabs": part_tabs(campaign, tab),
        "subtitle": f"{campaign.channel or 'No channel'} · {campaign.get_objective_display()}",
        "may_write": request.user.role in MARKETING,
    }


def part_tabs(campaign: Campaign, tab: str) -> list[Tab]:
    """Return the parts of a campaign's record; the weekly grid is a page of an app above."""
    path = campaign.get_absolute_url()
    elsewhere = {"": path, "metrics": reverse("channel_metrics:campaign", args=[campaign.pk])}
    return [
        Tab(label, elsewhere.get(key, f"{path}?tab={key}"), active=key == tab)
        for key, label in TABS.items()
    ]


def show_form(
    request: HttpRequest,
    fragment: str,
    context: dict[str, Any],
    *,
    title: str,
    back: str,
    back_label: str,
) -> HttpResponse:
    """Answer with a form as a dialog or, without JavaScript, as a page.

    fragment: the template of the dialog
    """
    status = status_of(context["form"])
    if wants_partial(request):
        return render(request, fragment, {**context, "title": title}, status=status)
    page = {**context, "fragment": fragment, "title": title, "back": back, "back_label": back_label}
    return render(request, "campaigns/form.html", page, status=status)

"""The home of marketing: of a marketer, and with the quarter beside it of who leads them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.home import marketing
from crm.users.models import Role
from crm.users.permissions import EVERYBODY, MARKETING_MANAGERS, SignedInRequest, allow, may_open

QUARTER_PANEL = "reports:marketing-quarter"
"""Draws pipeline, ROI, acceptance and velocity; reports stand beside this app."""


def marketing_home(request: SignedInRequest) -> HttpResponse:
    """A marketer's first page: answered at once, with campaigns that load after it."""
    user = request.user
    context = {
        "standing": marketing.standing(user),
        "acceptance": marketing.acceptance(user),
        "inbox": marketing.inbox(user),
        "funnel_url": marketing.funnel_url(),
        "commit_url": may_open(user, "campaigns:commitments"),
        "quarter_url": "" if user.role == Role.MARKETER else may_open(user, QUARTER_PANEL),
        "leads_marketing": user.role in MARKETING_MANAGERS,
    }
    return render(request, "home/marketing.html", context)


@allow(EVERYBODY)
@require_GET
def campaigns_running(request: SignedInRequest) -> HttpResponse:
    """The panel of My day with the live campaigns."""
    context = {"campaigns": marketing.running(request.user)}
    return render(request, "home/_marketing_campaigns.html", context)


@allow(EVERYBODY)
@require_GET
def said_by_sales(request: SignedInRequest) -> HttpResponse:
    """The panel of My day with the verdicts to read and the reasons of the week."""
    user = request.user
    context = {"feedback": marketing.verdicts(user), "reasons": marketing.reasons(user)}
    return render(request, "home/_marketing_feedback.html", context)

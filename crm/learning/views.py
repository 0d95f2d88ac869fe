"""The learning page, and trying what it advises: points in the scoring studio, a threshold."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import ScoringRule
from campaigns.services import drafts
from crm.common import parameters
from crm.common.htmx import done, toast
from crm.funnel.models import MqlDefinition
from crm.learning import thresholds
from crm.learning.catalogue import LEARNING
from crm.reports import kept
from crm.reports.answers import Answer
from crm.reports.views.pages import page_of
from crm.stages import Stage
from crm.users.permissions import MANAGERS, MARKETING_MANAGERS, SignedInRequest, allow
from leads.models import Lead

POINTS = "points-"
MOST = 100


def of_reader(request: SignedInRequest, answer: Answer) -> dict[str, Any]:
    """What the page offers its reader to try."""
    return {
        "may_try": request.user.role in MARKETING_MANAGERS,
        "may_set": request.user.role in MANAGERS,
    }


learning = page_of(LEARNING, of_reader)


@allow(MARKETING_MANAGERS)
@require_POST
def try_points(request: SignedInRequest) -> HttpResponse:
    """Draft other points in the scoring studio, which shows what they would do first."""
    changes = {
        rule: {"points": min(points, MOST)}
        for name, written in request.POST.items()
        if name.startswith(POINTS)
        and (rule := parameters.whole_number(name.removeprefix(POINTS))) is not None
        and (points := parameters.whole_number(written)) is not None
    }
    if not changes or ScoringRule.objects.filter(pk__in=changes).count() != len(changes):
        toast(request, "The rules have changed meanwhile. Look again.", level="warning")
        return redirect("learning:learning")
    drafts.propose(request.user, changes, why=request.POST.get("why", ""))
    return redirect("campaigns:rules")


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def threshold(request: SignedInRequest, to: int) -> HttpResponse:
    """Show what another threshold would do now; put it into force as a new version."""
    now = MqlDefinition.current()
    if not 1 <= to <= MOST or to == now.threshold:
        raise Http404
    if request.method == "POST":
        made = thresholds.set_threshold(
            to, by=request.user, why=request.POST.get("why", "").strip()
        )
        kept.forget_all(LEARNING)
        undo = reverse("learning:threshold-undo", args=[made.version])
        toast(request, f"Version {made.version} is in force: {to} points", undo_url=undo)
        return done(request, reverse("learning:learning"))
    low, high = sorted((now.threshold, to))
    between = Lead.objects.filter(stage=Stage.LEAD, score__gte=low, score__lt=high)
    context = {"to": to, "now": now, "between": between.count(), "why": request.GET.get("why", "")}
    return render(request, "learning/_threshold.html", context)


@allow(MANAGERS)
@require_POST
def threshold_undo(request: SignedInRequest, version: int) -> HttpResponse:
    made = thresholds.take_back(version, by=request.user)
    kept.forget_all(LEARNING)
    if made:
        toast(request, f"Version {made.version} is in force: {made.threshold} points again")
    else:
        toast(
            request, "Another version is in force by now. Nothing was taken back.", level="warning"
        )
    return done(request, reverse("learning:learning"))

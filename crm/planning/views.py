"""The planner: the address is the plan; adopting it writes quotas and commitments."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from crm.common.htmx import done, toast
from crm.planning import adopting
from crm.planning.catalogue import PLAN
from crm.planning.models import AdoptedPlan
from crm.reports import kept
from crm.reports.answers import Answer
from crm.reports.forms import ReportForm
from crm.reports.questions import Question
from crm.reports.views.pages import page_of
from crm.users.permissions import MANAGERS, SignedInRequest, allow


def of_reader(request: SignedInRequest, answer: Answer) -> dict[str, Any]:
    return {"may_adopt": request.user.role in MANAGERS}


plan = page_of(PLAN, of_reader)


def question_of(request: SignedInRequest) -> Question:
    """Return what the address asks; a form that is sent may say more."""
    asked = {**request.POST.dict(), **request.GET.dict()}
    return ReportForm(asked, report=PLAN, user=request.user).question()


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def adopt(request: SignedInRequest) -> HttpResponse:
    """Show what adopting would change, or do it."""
    question = question_of(request)
    try:
        if request.method == "POST":
            made = adopting.adopt(question, by=request.user)
            kept.forget_all(PLAN)
            undo = reverse("planning:take-back", args=[made.pk])
            toast(request, "The plan is adopted: quotas and commitments are set", undo_url=undo)
            return done(request, f"{reverse('planning:plan')}?{request.GET.urlencode()}")
        context: dict[str, Any] = {"preview": adopting.preview(question)}
    except adopting.NotWhole as fault:
        context = {"fault": str(fault)}
    status = 422 if request.method == "POST" else 200
    return render(request, "planning/_adopt.html", context, status=status)


@allow(MANAGERS)
@require_POST
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write what stood there before the plan again."""
    found = get_object_or_404(AdoptedPlan, pk=pk)
    if adopting.take_back(found, by=request.user):
        toast(request, "The plan is taken back: quotas and commitments are as before")
    else:
        toast(request, "This plan was taken back already.", level="warning")
    kept.forget_all(PLAN)
    return done(request, reverse("planning:plan"))

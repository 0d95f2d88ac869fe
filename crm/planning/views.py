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
from crm.planning.previews import CannotAdopt, preview
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
            toast(request, "Plan adopted", undo_url=undo)
            return done(request, f"{reverse('planning:plan')}?{request.GET.urlencode()}")
        context: dict[str, Any] = {"preview": preview(question, request.user)}
    except CannotAdopt as fault:
        context = {"fault": str(fault)}
    status = 422 if request.method == "POST" else 200
    return render(request, "planning/_adopt.html", context, status=status)


@allow(MANAGERS)
@require_POST
def take_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write what was there before the plan. Only whoever adopted it, and an administrator."""
    found = get_object_or_404(AdoptedPlan.objects.may_take_back(request.user), pk=pk)
    changed_since = adopting.take_back(found, by=request.user)
    if changed_since is None:
        toast(request, "This plan was taken back already.", level="warning")
    elif changed_since:
        values = "1 value" if changed_since == 1 else f"{changed_since} values"
        text = f"Plan taken back, except {values} that somebody has changed since."
        toast(request, text, level="warning")
    else:
        toast(request, "Plan taken back: quotas and commitments are as before")
    kept.forget_all(PLAN)
    return done(request, reverse("planning:plan"))

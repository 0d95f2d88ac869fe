"""Disputing a verdict, and ruling on a dispute."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from crm.common.htmx import done, toast
from crm.funnel import verdicts
from crm.funnel.forms import DisputeForm, RulingForm
from crm.funnel.models import Verdict
from crm.funnel.views.respond import form_page, posted
from crm.users.permissions import MANAGERS, MARKETING, SignedInRequest, allow


def find(request: SignedInRequest, pk: int) -> Verdict:
    seen = Verdict.objects.visible_to(request.user)
    return get_object_or_404(
        seen.select_related("lead", "handoff", "reason", "by", "disputed_by"), pk=pk
    )


def page_of(verdict: Verdict) -> str:
    return (verdict.handoff or verdict.lead).get_absolute_url()


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def dispute(request: SignedInRequest, pk: int) -> HttpResponse:
    """Object to a verdict; a manager of sales rules."""
    verdict = find(request, pk)
    form = DisputeForm(posted(request))
    context = {"title": "Dispute a verdict", "verdict": verdict, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            verdicts.dispute(verdict, by=request.user, note=form.cleaned_data["note"])
        except verdicts.NotPossible as error:
            form.add_error(None, str(error))
        else:
            toast(request, "Disputed. A manager will rule.")
            return done(request, page_of(verdict), event="verdict-changed")
    status = 422 if request.method == "POST" else 200
    return form_page(request, "funnel/_dispute_form.html", context, status=status)


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def rule(request: SignedInRequest, pk: int) -> HttpResponse:
    """Decide a dispute; overturned, the lead is offered to sales again."""
    verdict = find(request, pk)
    if not verdict.is_disputed and request.method == "GET":
        toast(request, "This verdict is not under dispute.", level="warning")
        return redirect(page_of(verdict))
    form = RulingForm(posted(request))
    if request.method == "POST" and form.is_valid():
        ruling = Verdict.Ruling(form.cleaned_data["ruling"])
        try:
            verdicts.rule(verdict, ruling=ruling, by=request.user, note=form.cleaned_data["note"])
        except verdicts.NotPossible as error:
            form.add_error(None, str(error))
        else:
            toast(request, verdict.get_ruling_display())
            return done(request, page_of(verdict), event="verdict-changed")
    context = {"title": "Rule on a dispute", "verdict": verdict, "form": form}
    status = 422 if request.method == "POST" else 200
    return form_page(request, "funnel/_ruling_form.html", context, status=status)

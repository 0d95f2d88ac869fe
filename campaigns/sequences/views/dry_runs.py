"""Rehearsing a sequence with one lead: what would happen when, and why. Nothing is sent."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.picking import written
from campaigns.sequences.dry_run import dry_run as rehearse
from campaigns.sequences.forms import DryRunForm
from campaigns.sequences.views.pages import seen
from crm.common.business_time import NeverOpen
from crm.users.permissions import MARKETING, SignedInRequest, allow


@allow(MARKETING)
@require_GET
def dry_run(request: SignedInRequest, pk: int) -> HttpResponse:
    sequence = seen(request, pk)
    asked = "lead" in request.GET
    form = DryRunForm(request.GET if asked else None, user=request.user)
    context = {"sequence": sequence, "form": form}
    if asked and form.is_valid():
        lead = form.cleaned_data["lead"]
        try:
            context["lines"] = rehearse(sequence, lead, form.cleaned_data["at"])
        except NeverOpen as fault:
            form.add_error(None, str(fault))
        context |= {"lead": lead, "written": written(lead)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "sequences/dry_run.html", context, status=status)

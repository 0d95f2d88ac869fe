"""Changing a lead: one fact where it stands, all of them; and taking it back."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from crm.audit.models import Change
from crm.common.freshness import status_of
from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.permissions import WRITERS, SignedInRequest, allow
from leads import ownership, services
from leads.companies import CompanyNotAccepted
from leads.facts import LABELS, fact
from leads.forms import LeadForm, OwnerForm
from leads.models import Lead
from leads.templatetags.lead_rows import owner_cell
from leads.views import NAMED, visible
from leads.writing import may_write

CHANGED = "lead-changed"
"""The browser's event at which the parts of a record load again."""


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def field(request: SignedInRequest, pk: int, field: str) -> HttpResponse:
    """One fact, edited where it stands. `?show=1` is the fact again."""
    lead = visible(request, pk)
    if field not in LABELS:
        raise Http404
    if not may_write(request.user, field):
        raise PermissionDenied
    form = field_form(request, lead, field)
    if request.method == "POST" and form.is_valid():
        if batch := save_field(request, lead, field, form):
            toast(request, f"{LABELS[field]} saved", undo_url=undo_url(batch))
        if not form.errors:
            return shown(request, lead, field)
    if "show" in request.GET:
        return render(request, "leads/_fact.html", {"fact": fact(lead, field, request.user)})
    if not wants_partial(request):
        return redirect("leads:edit", pk=lead.pk)
    context = {"lead": lead, "form": form, "fact": fact(lead, field, request.user)}
    template = "leads/_owner_form.html" if "row" in request.GET else "leads/_fact_form.html"
    return render(request, template, context, status=status_of(form))


def field_form(request: SignedInRequest, lead: Lead, field: str) -> Any:
    data = request.POST if request.method == "POST" else None
    if field == "owner":
        return OwnerForm(data, initial={"owner": lead.owner_id}, only=True)
    return LeadForm(data, user=request.user, lead=lead, only=field)


def save_field(request: SignedInRequest, lead: Lead, field: str, form: Any) -> uuid.UUID | None:
    """Save one fact; return the batch that undoes it, None if nothing changed or was refused."""
    if field == "owner":
        one = Lead.objects.filter(pk=lead.pk)
        given = ownership.assign_owner(one, form.cleaned_data["owner"], actor=request.user)
        lead.owner = form.cleaned_data["owner"]
        return given.batch if given.count else None
    return save_facts(request, lead, form)


def save_facts(request: SignedInRequest, lead: Lead, form: LeadForm) -> uuid.UUID | None:
    """Save what the form holds; what is refused stands in its errors."""
    try:
        with transaction.atomic():
            return services.edit_lead(lead, form.values(), actor=request.user)
    except (services.LeadNotAccepted, CompanyNotAccepted) as refusal:
        form.refuse(refusal.errors)
        return None


def shown(request: SignedInRequest, lead: Lead, field: str) -> HttpResponse:
    """Answer a saved fact with the fact, and let the parts that depend on it load again."""
    if not wants_partial(request):
        return redirect(lead)
    lead = Lead.objects.select_related(*NAMED).get(pk=lead.pk)
    if "row" in request.GET:
        return HttpResponse(owner_cell(lead, may_assign=True))
    context = {"fact": fact(lead, field, request.user)}
    return trigger_client_event(render(request, "leads/_fact.html", context), CHANGED)


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """All facts of a lead in one form."""
    lead = visible(request, pk)
    data = request.POST if request.method == "POST" else None
    form = LeadForm(data, user=request.user, lead=lead)
    context = {"lead": lead, "form": form}
    if request.method == "POST":
        batch = save_facts(request, lead, form) if form.is_valid() else None
        if form.errors:
            return refused(request, "leads/edit.html", context)
        if batch:
            toast(request, "Lead saved", undo_url=undo_url(batch))
        return done(request, lead.get_absolute_url())
    return render(request, "leads/edit.html", context)


def undo_url(batch: uuid.UUID) -> str:
    return reverse("leads:undo", args=[batch])


@require_POST
@allow(WRITERS)
def undo(request: SignedInRequest, batch: uuid.UUID) -> HttpResponse:
    """Take back what the user did themself to facts or owners, as long as it still stands."""
    lines = Change.objects.filter(batch=batch, actor=request.user, model=Lead._meta.label_lower)
    leads = set(lines.values_list("object_id", flat=True))
    if not leads:
        raise Http404
    try:
        count = ownership.take_back_assignment(batch, actor=request.user)
        count += services.take_back(batch, actor=request.user)
        toast(request, f"Taken back for {count} leads" if count > 1 else "Taken back")
    except services.ChangedSince:
        toast(request, "Changed again meanwhile, so nothing was taken back.", level="warning")
    except services.LeadNotAccepted as refusal:
        toast(request, f"Nothing was taken back. {refusal}", level="warning")
    back = reverse("leads:detail", args=[*leads]) if len(leads) == 1 else reverse("leads:list")
    if wants_partial(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(back)

"""The people of a deal: named, given a part, taken off, all in the record's own place."""

from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.models import User
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals import contacts
from deals.contact_forms import ContactForm
from deals.contacts import NotAContact
from deals.models import Deal, DealContact
from deals.views.records import EDITED, visible_deal
from leads.models import Lead

CHANGED = "deal-contacts-changed"


def people(deal: Deal, user: User) -> dict[str, Any]:
    """Return what the list of people needs; who is out of the user's scope is only counted."""
    every = list(deal.contacts.select_related("lead__company"))
    seen = set(deal.contacts.visible_to(user).values_list("pk", flat=True))
    own = next((c for c in every if c.lead_id == deal.lead_id), None)
    others = [c for c in every if c is not own]
    return {
        "own": own,
        "contacts": [c for c in others if c.pk in seen],
        "unseen": sum(c.pk not in seen for c in others),
        "parts": DealContact.Part.choices,
    }


@allow(EVERYBODY)
@require_GET
def deal_contacts(request: SignedInRequest, pk: int) -> HttpResponse:
    return answer(request, visible_deal(request, pk))


def answer(request: SignedInRequest, deal: Deal) -> HttpResponse:
    if not wants_partial(request):
        return redirect(deal)
    context = {"deal": deal, "may_edit": request.user.role in SALES, **people(deal, request.user)}
    return trigger_client_event(render(request, "deals/_contacts.html", context), EDITED)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def contact_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Name a person: a lead that is known, or a new one by his address."""
    deal = visible_deal(request, pk)
    form = ContactForm(request.POST or None, user=request.user)
    name = "deals/_contact_add.html" if wants_partial(request) else "deals/act.html"
    context = {"deal": deal, "form": form, "part": "deals/_contact_add.html"}
    if request.method == "GET":
        return render(request, name, context)
    if not form.is_valid() or not added(deal, form, request.user):
        return refused(request, name, context)
    toast(request, "Contact added")
    return done(request, deal.get_absolute_url(), event=CHANGED)


def added(deal: Deal, form: ContactForm, actor: User) -> bool:
    """Add who the form means; False with its error if that cannot be."""
    given = form.cleaned_data
    try:
        if isinstance(given["lead"], Lead):
            contacts.set_role(deal, given["lead"], given["role"], actor=actor)
        else:
            contacts.add_person(
                deal, email=given["lead"], name=given["name"], role=given["role"], actor=actor
            )
    except NotAContact as fault:
        form.add_error("lead", str(fault))
        return False
    return True


def seen_lead(request: SignedInRequest, lead: int) -> Lead:
    return get_object_or_404(Lead.objects.visible_to(request.user), pk=lead)


@allow(SALES)
@require_POST
def contact_role(request: SignedInRequest, pk: int, lead: int) -> HttpResponse:
    """Give a person a part in the deal; also the undo of taking him off (`?role=`)."""
    deal, person = visible_deal(request, pk), seen_lead(request, lead)
    role = request.POST.get("role") or request.GET.get("role", "")
    if role not in DealContact.Part.values:
        return HttpResponseBadRequest("This is no part that a contact plays.")
    if not (person.pk == deal.lead_id or "role" in request.GET):
        get_object_or_404(deal.contacts, lead=person)
    contacts.set_role(deal, person, role, actor=request.user)
    if "role" in request.GET:
        toast(request, f"{person} is back")
        return done(request, deal.get_absolute_url(), event=CHANGED)
    return answer(request, deal)


@allow(SALES)
@require_POST
def contact_remove(request: SignedInRequest, pk: int, lead: int) -> HttpResponse:
    deal, person = visible_deal(request, pk), seen_lead(request, lead)
    role = contacts.remove(deal, person, actor=request.user)
    if role:
        back = reverse("deals:contact-role", args=[deal.pk, person.pk])
        toast(request, f"{person} taken off", undo_url=f"{back}?{urlencode({'role': role})}")
    return answer(request, deal)

"""The pages of leads: the list, the record, and what shows beside them."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from crm.common.htmx import wants_partial
from crm.users.permissions import (
    EVERYBODY,
    MANAGERS,
    MARKETING,
    WRITERS,
    SignedInRequest,
    allow,
    may_open,
)
from leads import listing
from leads.addresses import PHONES
from leads.bulk import bulk_actions
from leads.companies import match
from leads.duplicates import duplicates_of, for_user
from leads.facts import facts
from leads.filters import EXTRA_FILTERS
from leads.listing import LeadList
from leads.models import Lead
from leads.normalising import SEPARATOR, BadValue, email_address, one_line, phone_number
from leads.sample import sample_url
from leads.services import phone_country

NAMED = ("company", "campaign", "channel", "owner", "team")
KEPT_SECONDS = 365 * 24 * 3600


def the_list(request: SignedInRequest, query: QueryDict | None = None) -> LeadList:
    """Return the list that the address asks for, in the order that the user chose last."""
    order = request.COOKIES.get(listing.ORDER_COOKIE, listing.USUAL)
    return LeadList(request.user, request.GET if query is None else query, order)


@require_GET
@allow(EVERYBODY)
@vary_on_headers("HX-Request")
def lead_list(request: SignedInRequest) -> HttpResponse:
    leads = the_list(request)
    context = {**leads.context(), **rights(request)}
    if wants_partial(request):
        response = render(request, "leads/_results.html", context)
    else:
        context["tabs"] = listing.tabs(request.user, request.GET)
        asked = urlencode({"query": leads.state()})
        context["save_url"] = f"{reverse('leads:view-create')}?{asked}"
        response = render(request, "leads/list.html", context)
    if "sort" in request.GET:
        response.set_cookie(
            listing.ORDER_COOKIE, leads.sort, max_age=KEPT_SECONDS, samesite="Lax", httponly=True
        )
    return response


def rights(request: SignedInRequest) -> dict[str, object]:
    """Return what the user may do in the list."""
    return {
        "may_assign": request.user.role in MANAGERS,
        "bulk_actions": bulk_actions(request.user),
        "create_url": may_open(request.user, "funnel:lead-create"),
        "sample_url": partial(sample_url, request.user),
    }


@require_GET
@allow(EVERYBODY)
def filters(request: SignedInRequest) -> HttpResponse:
    """All filters in one form: a dialog over the list, or a page."""
    template = "leads/_filters.html" if wants_partial(request) else "leads/filters.html"
    kept = [(k, v) for k, v in request.GET.items() if k == "sort" or k in EXTRA_FILTERS]
    return render(request, template, {"form": the_list(request).filter.form, "kept": kept})


@require_GET
@allow(EVERYBODY)
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    lead = visible(request, pk)
    query = request.GET.get("list", "")
    context = {
        "lead": lead,
        "facts": facts(lead, request.user),
        "panels": panels(lead),
        "subtitle": lead.company or lead.job_title,
        "may_write": request.user.role in WRITERS,
        "may_consent": request.user.role in MARKETING,
        "back": f"{reverse('leads:list')}?{query}" if query else reverse("leads:list"),
        **way_on(request, lead, query),
    }
    return render(request, "leads/detail.html", context)


def visible(request: SignedInRequest, pk: int) -> Lead:
    """Return the lead with all its names if the user sees it, else raise Http404."""
    return get_object_or_404(Lead.objects.visible_to(request.user).select_related(*NAMED), pk=pk)


def way_on(request: SignedInRequest, lead: Lead, query: str) -> dict[str, str]:
    """Return where the leads before and after this one are, in the list it was opened from."""
    if "list" not in request.GET:
        return {}
    leads = the_list(request, QueryDict(query))
    before, after = leads.neighbours(lead)
    ways = {"previous": before, "next": after}
    return {"place": leads.place(lead)} | {
        word: f"{found.get_absolute_url()}?{urlencode({'list': query})}"
        for word, found in ways.items()
        if found
    }


PANELS = {
    "stepper": "funnel:lead-stepper",
    "actions": "funnel:lead-actions",
    "timeline": "activities:lead-panel",
    "score": "campaigns:lead-score",
    "handoffs": "funnel:lead-handoffs",
    "qualification": "qualification:lead-panel",
    "playbook": "playbooks:lead-panel",
    "deals": "deals:lead-deals",
    "touches": "campaigns:lead-touches",
    "offers": "capture:lead-offers",
    "website": "tracking:lead-website",
    "sequences": "sequences:lead-sequences",
}
"""Parts of the record that higher apps draw: the place on the page, the URL that draws it."""


def panels(lead: Lead) -> dict[str, str]:
    return {place: url for place, name in PANELS.items() if (url := address(name, lead.pk))}


def address(name: str, pk: int) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


@require_GET
@allow(EVERYBODY)
def peek(request: SignedInRequest, pk: int) -> HttpResponse:
    """The lead in the drawer, over the list."""
    lead = visible(request, pk)
    template = "leads/_peek.html" if wants_partial(request) else "leads/peek.html"
    context = {"lead": lead, "facts": facts(lead, request.user), "score": f"Score {lead.score}"}
    return render(request, template, context)


@require_GET
@allow(EVERYBODY)
def lead_duplicates(request: SignedInRequest, pk: int) -> HttpResponse:
    """Other leads that may be the same person."""
    lead = visible(request, pk)
    found = duplicates_of(
        name=lead.name,
        email=lead.email,
        phone=SEPARATOR.join(PHONES.of(lead)),
        company=lead.company,
        but=lead.pk,
    )
    context = {"duplicates": for_user(found, request.user)}
    return render(request, "leads/_lead_duplicates.html", context)


@require_GET
@allow(WRITERS)
def duplicates(request: SignedInRequest) -> HttpResponse:
    """Whom we may know already, of what is typed so far."""
    country = phone_country(as_kept(one_line, request, "country")[:2])
    found = duplicates_of(
        name=as_kept(one_line, request, "name"),
        email=as_kept(email_address, request, "email"),
        phone=as_kept(lambda text: phone_number(text, country), request, "phone"),
        company=match(as_kept(one_line, request, "company")),
    )
    context = {"duplicates": for_user(found, request.user)}
    return render(request, "leads/_duplicates.html", context)


def as_kept(keep: Callable[[str], str], request: HttpRequest, field: str) -> str:
    """Return a half-typed value as it would be kept, "" while it could not be."""
    try:
        return keep(request.GET.get(field, ""))
    except BadValue:
        return ""

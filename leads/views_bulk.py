"""What is done with many leads of the list at once: giving them to somebody, exporting them."""

from typing import Any

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from crm.audit.acting import Door, acting
from crm.common import parameters
from crm.common.htmx import done, refused, toast, wants_partial
from crm.users.permissions import EVERYBODY, MANAGERS, SignedInRequest, allow
from leads import export as exporting
from leads import ownership
from leads.forms import OwnerForm
from leads.models import Lead, LeadQuerySet
from leads.views import the_list
from leads.views_edit import undo_url

MOST_IDS = 1000


def chosen(request: SignedInRequest, data: QueryDict) -> LeadQuerySet:
    """Return the leads that the bulk bar names: some by key, or all that match its query."""
    if data.get("all"):
        return the_list(request, QueryDict(data.get("query", ""))).leads
    ids = parameters.keys(data.getlist("ids")[:MOST_IDS])
    return Lead.objects.visible_to(request.user).filter(pk__in=ids)


@require_http_methods(["GET", "POST"])
@allow(MANAGERS)
@acting(door=Door.BULK)
def assign(request: SignedInRequest) -> HttpResponse:
    """Give the chosen leads to one owner."""
    data = request.POST if request.method == "POST" else request.GET
    leads = chosen(request, data)
    form = OwnerForm(data if "owner" in data else None)
    template = "leads/_assign.html" if wants_partial(request) else "leads/assign.html"
    if request.method == "GET" or "owner" not in data:
        return render(request, template, asking(form, data, leads))
    if not form.is_valid():
        return refused(request, template, asking(form, data, leads))
    owner = form.cleaned_data["owner"]
    given = ownership.assign_owner(leads, owner, actor=request.user)
    words = f"{given.count:,} leads given to {owner}" if owner else f"{given.count:,} leads freed"
    toast(request, words, undo_url=undo_url(given.batch) if given.count else "")
    return done(request, f"{reverse('leads:list')}?{data.get('query', '')}")


def asking(form: OwnerForm, data: QueryDict, leads: LeadQuerySet) -> dict[str, object]:
    """Return what the form needs that asks whose the leads shall be."""
    title = f"Assign {leads.count():,} leads"
    return {"form": form, "data": data, "ids": data.getlist("ids")[:MOST_IDS], "title": title}


@require_http_methods(["GET", "POST"])
@allow(EVERYBODY)
def export(request: SignedInRequest) -> Any:
    """The list as a CSV file: all that match the address, or the chosen ones."""
    leads = chosen(request, request.POST) if request.method == "POST" else the_list(request).leads
    response = StreamingHttpResponse(exporting.csv_lines(leads), content_type="text/csv")
    name = f"leads-{localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

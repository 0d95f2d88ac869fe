"""A user's own tabs of the lead list: a filter and an order under a name."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.people import deleting
from crm.users.permissions import EVERYBODY, SignedInRequest, allow
from leads.forms import SavedViewForm
from leads.listing import PLACE, without
from leads.models import SavedView

TAKEN = "You have a view of this name already."


@require_GET
@allow(EVERYBODY)
def views(request: SignedInRequest) -> HttpResponse:
    """The user's saved views, to rename and delete."""
    return render(request, "leads/views.html", {"views": own(request)})


def own(request: SignedInRequest) -> list[SavedView]:
    mine = SavedView.objects.filter(user=request.user, listing=SavedView.Listing.LEADS)
    return list(mine)


@require_http_methods(["GET", "POST"])
@allow(EVERYBODY)
def save(request: SignedInRequest) -> HttpResponse:
    """Keep the present filters and order of the list as a tab."""
    asked = (request.POST if request.method == "POST" else request.GET).get("query", "")
    query = without(QueryDict(asked), *PLACE).urlencode()
    last = SavedView.objects.filter(user=request.user).aggregate(last=Max("position"))["last"]
    view = SavedView(user=request.user, query=query, position=(last or 0) + 1)
    return name_it(request, view, "Save view")


@require_http_methods(["GET", "POST"])
@allow(EVERYBODY)
def rename(request: SignedInRequest, pk: int) -> HttpResponse:
    return name_it(request, get_object_or_404(SavedView, pk=pk, user=request.user), "Rename view")


def name_it(request: SignedInRequest, view: SavedView, title: str) -> HttpResponse:
    form = SavedViewForm(request.POST if request.method == "POST" else None, instance=view)
    template = "leads/_view_form.html" if wants_partial(request) else "leads/view_form.html"
    context = {"form": form, "view": view, "title": title}
    if request.method == "GET":
        return render(request, template, context)
    if form.is_valid() and keep(form):
        toast(request, f"View “{view.name}” saved")
        return done(request, f"{reverse('leads:list')}?{view.query}")
    return refused(request, template, context)


def keep(form: SavedViewForm) -> bool:
    """Save the view; False with an error if the user has one of this name."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", TAKEN)
        return False
    return True


@require_POST
@allow(EVERYBODY)
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    undo = deleting.delete(request, view, back=reverse("leads:views"))
    toast(request, f"View “{view.name}” deleted", undo_url=undo)
    return redirect("leads:views")

"""The list of reports, and those that a user has saved."""

from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.mailing.models import Mail
from crm.reports import registry, scheduling
from crm.reports.models import SavedReport
from crm.reports.registry import REPORTS
from crm.reports.saved_forms import SavedReportForm, only_controls
from crm.users.permissions import EVERYBODY, SignedInRequest, allow, may_open

SHELVES = (registry.FUNNEL, registry.BOTH, registry.MARKETING, registry.SALES)
TAKEN = "You have a report of this name already."


@allow(EVERYBODY)
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """All reports by their shelves, and the user's own."""
    shelves = [
        (
            shelf,
            [
                (report, url)
                for report in REPORTS.values()
                if report.shelf == shelf and report.is_for(request.user)
                if (url := may_open(request.user, report.url_name))
            ],
        )
        for shelf in SHELVES
    ]
    saved = [
        (one, REPORTS[one.report], scheduling.address(REPORTS[one.report], one.query))
        for one in SavedReport.objects.filter(user=request.user).prefetch_related("recipients")
        if one.report in REPORTS
    ]
    return render(request, "reports/index.html", {"shelves": shelves, "saved": saved})


@allow(EVERYBODY)
@require_http_methods(["GET", "POST"])
def save(request: SignedInRequest, name: str) -> HttpResponse:
    """Keep the present question of a report under a name."""
    report = REPORTS.get(name)
    if report is None or not report.is_for(request.user):
        raise Http404
    asked = (request.POST if request.method == "POST" else request.GET).get("query", "")
    query = only_controls(asked, report)
    saved = SavedReport(user=request.user, report=name, query=query, name=report.title)
    return settle(request, saved, f"Save {report.title}")


@allow(EVERYBODY)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return settle(request, own(request, pk), "Saved report")


def settle(request: SignedInRequest, saved: SavedReport, title: str) -> HttpResponse:
    """Show or take the form of a saved report, new or not."""
    form = SavedReportForm(request.POST if request.method == "POST" else None, instance=saved)
    if saved.pk is None and request.method == "GET":
        form.initial["recipients"] = [request.user.pk]
    template = "reports/_saved_form.html" if wants_partial(request) else "reports/saved_form.html"
    context = {"form": form, "saved": saved, "title": title}
    if request.method == "GET":
        return render(request, template, context)
    if form.is_valid() and keep(form):
        toast(request, f"“{form.instance.name}” saved")
        return done(request, reverse("reports:index"))
    return refused(request, template, context)


def keep(form: SavedReportForm) -> bool:
    """Save the report; False with an error if the user has one of this name."""
    scheduling.start(form.instance)
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("name", TAKEN)
        return False
    return True


@allow(EVERYBODY)
@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    saved = own(request, pk)
    saved.delete()
    toast(request, f"“{saved.name}” deleted")
    return redirect("reports:index")


@allow(EVERYBODY)
@require_POST
def send_now(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mail a saved report to oneself, to see what the others get: once a minute at most."""
    saved = own(request, pk)
    key = f"report:{saved.pk}:own:{now():%Y-%m-%dT%H:%M}"
    is_new = scheduling.send(saved, request.user, key=key)
    if is_new or Mail.objects.filter(key=key).exists():
        toast(request, f"“{saved.name}” is on its way to {request.user.email}")
    else:
        toast(request, "It cannot be mailed to you: there is no address.", level="warning")
    return redirect("reports:index")


def own(request: SignedInRequest, pk: int) -> SavedReport:
    return get_object_or_404(SavedReport, pk=pk, user=request.user, report__in=REPORTS)

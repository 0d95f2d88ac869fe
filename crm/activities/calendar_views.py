"""The calendar of a user, and the private address at which other calendars read it."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from crm.activities import feeds, ics, month
from crm.activities.follow_up_views import tabs
from crm.activities.models import CalendarFeed, FollowUp
from crm.common import parameters
from crm.common.htmx import toast, wants_partial
from crm.common.parts import Tab
from crm.throttling.in_process import LocalLimit
from crm.throttling.reading import limit_reading
from crm.users.permissions import EVERYBODY, WRITERS, SignedInRequest, allow

KEPT_DAYS = 30
"""So long what is done stays in the feed."""
MOST_EVENTS = 2000
READ = LocalLimit(600)
"""Calendars that one network reads in a minute."""


@require_GET
@allow(EVERYBODY)
@vary_on_headers("HX-Request")
def calendar(request: SignedInRequest) -> HttpResponse:
    """The user's own follow-ups in a week or a month."""
    view = month.MONTH if request.GET.get("view") == month.MONTH else month.WEEK
    span = month.Span(view, parameters.day(request.GET.get("on", "")) or localdate())
    context = {
        "span": span,
        "days": month.filled(span, request.user),
        "tabs": tabs(request, "calendar"),
        "views": views(span),
        "today": localdate(),
        "may_write": request.user.role in WRITERS,
    }
    template = "_calendar" if wants_partial(request) else "calendar"
    return render(request, f"activities/{template}.html", context)


def views(span: month.Span) -> list[Tab]:
    path = reverse("activities:calendar")
    return [
        Tab(label, f"{path}?view={view}&on={span.on}", view == span.view)
        for view, label in ((month.WEEK, "Week"), (month.MONTH, "Month"))
    ]


@require_GET
@never_cache
@limit_reading(READ)
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A user's calendar for the programs that he gave the address to; 404 once it is revoked."""
    kept = CalendarFeed.objects.select_related("user").filter(user__is_active=True)
    found = get_object_or_404(kept, digest=feeds.digest_of(token))
    lately = Q(done_at=None) | Q(due_at__gte=now() - timedelta(days=KEPT_DAYS))
    rows = FollowUp.objects.filter(lately, owner=found.user)
    named = rows.select_related("lead__company", "deal", "owner").order_by("-due_at", "-pk")
    response = HttpResponse(
        ics.feed(found.user, named[:MOST_EVENTS]), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = 'inline; filename="tandem.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_GET
@allow(EVERYBODY)
def feed_link(request: SignedInRequest) -> HttpResponse:
    """The part of the profile that says whether there is a private address."""
    return feed_page(request)


def feed_page(request: SignedInRequest, address: str = "") -> HttpResponse:
    """Answer with the private address, which is shown only when it is made, and its buttons."""
    found = CalendarFeed.objects.filter(user=request.user).first()
    template = "_feed" if wants_partial(request) else "feed"
    return render(request, f"activities/{template}.html", {"address": address, "feed": found})


@require_POST
@never_cache
@allow(EVERYBODY)
def feed_make(request: SignedInRequest) -> HttpResponse:
    """Make the private address, or a new one, and show it this once."""
    return feed_page(request, feeds.make_address(request.user))


@require_POST
@allow(EVERYBODY)
def feed_revoke(request: SignedInRequest) -> HttpResponse:
    """Take the private address away."""
    CalendarFeed.objects.filter(user=request.user).delete()
    toast(request, "Calendar address revoked")
    return redirect("users:profile")

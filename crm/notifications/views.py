"""The bell, and what it leads to."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from crm.common.htmx import wants_partial
from crm.common.parts import Tab
from crm.notifications import services
from crm.notifications.models import Notification
from crm.users.permissions import EVERYBODY, SignedInRequest, allow

PAGE = 50
MOST_COUNTED = 100


@allow(EVERYBODY)
@require_GET
def bell(request: SignedInRequest) -> HttpResponse:
    """Answer the bell with the count of what is unread; asked again every minute."""
    unread = Notification.objects.visible_to(request.user).unread().order_by()
    count = unread[:MOST_COUNTED].count()
    return render(request, "_bell.html", {"nav_counts": {"notifications": count}})


@allow(EVERYBODY)
@require_GET
@vary_on_headers("HX-Request")
def notification_list(request: SignedInRequest) -> HttpResponse:
    """Show what the user was told: what needs action, and news."""
    kind = request.GET.get("tab", "")
    kind = kind if kind in Notification.Kind.values else Notification.Kind.ACTION
    mine = Notification.objects.visible_to(request.user)
    counts = mine.unread_by_kind()
    rows = mine.filter(kind=kind).order_by("-pk")
    tabs = [
        Tab(
            label="Updates" if value == Notification.Kind.UPDATE else label,
            url=f"{reverse('notifications:list')}?tab={value}",
            active=value == kind,
            count=counts.get(value, 0),
        )
        for value, label in Notification.Kind.choices
    ]
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"tabs": tabs, "page": page, "kind": kind, "unread": sum(counts.values())}
    part = "_items" if wants_partial(request) else "list"
    return render(request, f"notifications/{part}.html", context)


@allow(EVERYBODY)
@require_POST
def open_one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark one as read and go where it points."""
    mine = Notification.objects.visible_to(request.user)
    notification = get_object_or_404(mine, pk=pk)
    services.mark_read(request.user, pk=notification.pk)
    local = notification.url.startswith("/") and not notification.url.startswith("//")
    return redirect(notification.url if local else "notifications:list")


@allow(EVERYBODY)
@require_POST
def mark_read(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mark one as read and stay."""
    get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    services.mark_read(request.user, pk=pk)
    return back(request)


@allow(EVERYBODY)
@require_POST
def mark_all_read(request: SignedInRequest) -> HttpResponse:
    services.mark_read(request.user)
    return back(request)


def back(request: SignedInRequest) -> HttpResponse:
    """Return to the tab that the button stood on."""
    tab = request.POST.get("tab", "")
    query = f"?tab={tab}" if tab in Notification.Kind.values else ""
    return redirect(reverse("notifications:list") + query)

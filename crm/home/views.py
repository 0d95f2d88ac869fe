from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.activities.views import SNOOZES
from crm.home import day
from crm.home.views_admin import admin_home
from crm.home.views_manager import manager_home
from crm.home.views_marketing import marketing_home
from crm.users.models import Role, User
from crm.users.permissions import (
    EVERYBODY,
    MANAGERS,
    SALES,
    SignedInRequest,
    allow,
    may_open,
)


@allow(EVERYBODY)
@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    """My day: the page that a user opens first, laid out for his role."""
    user = request.user
    if user.role == Role.SALES_MANAGER:
        return manager_home(request)
    if user.is_admin:
        return admin_home(request)
    if not user.is_sales:
        return marketing_home(request)
    context = {
        "may_answer": user.role in SALES,
        "may_reassign": False,
        "is_manager": user.role in MANAGERS,
        **sales_day(user),
    }
    return render(request, "home/day.html", context)


def sales_day(user: User) -> dict[str, Any]:
    """A seller's day: what waits, what is due, today's meetings."""
    meetings, follow_ups = day.due_today(user)
    return {
        "tiles": day.sales_tiles(user),
        "handoffs": day.waiting_handoffs(user),
        "meetings": meetings,
        "follow_ups": follow_ups,
        "may_write": True,
        "snoozes": SNOOZES,
        "gap_url": may_open(user, QUOTA_PANEL),
    }


QUOTA_PANEL = "forecast:my-gap"
"""Draws what the user has won of his target; My day goes without where this URL is missing."""


@allow(SALES)
@require_GET
def deals_needing(request: SignedInRequest) -> HttpResponse:
    """The panel of My day with the deals that rot and those with nothing planned."""
    rotting, bare = day.needing(request.user)
    return render(request, "home/_deals.html", {"rotting": rotting, "bare": bare})

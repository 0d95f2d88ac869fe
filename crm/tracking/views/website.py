"""The marketer's pages of the website's traffic, and a lead's visits."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from campaigns.capture.models import Submission
from crm.common.htmx import wants_partial
from crm.common.periods import CHOICES, Period, named
from crm.tracking import counts
from crm.tracking.models import PageView, Session, Visitor
from crm.users.models import Organisation
from crm.users.permissions import EVERYBODY, SignedInRequest, allow
from leads.models import Lead

STEPS = {"month": "day", "last_month": "day", "all": "month"}
"""By what the chart of a period goes; the others go by week."""

USUAL = "quarter"
LAST_VISITS = 5


class PeriodForm(forms.Form):
    period = forms.ChoiceField(choices=list(CHOICES.items()), required=False, label="Period")


@allow(EVERYBODY)
@require_GET
@vary_on_headers("HX-Request")
def website(request: SignedInRequest) -> HttpResponse:
    """Traffic over time, where it came from and what it read; machines apart."""
    choice = request.GET.get("period", "")
    choice = choice if choice in CHOICES else USUAL
    period = named(choice, localdate(timezone=Organisation.get().zone))
    context = {
        "form": PeriodForm({"period": choice}),
        "period": period,
        **traffic(period, STEPS.get(choice, "week")),
    }
    template = "tracking/_traffic.html" if wants_partial(request) else "tracking/website.html"
    return render(request, template, context)


def traffic(period: Period, step: str) -> dict[str, Any]:
    """Return all that the page shows of a period, each number by its one function."""
    series = counts.series(period, step)
    total = counts.total(period)
    return {
        "total": total,
        "step": step,
        "series": series,
        "chart": {
            "labels": labels(series, step),
            "sessions": [visits.sessions for visits in series.values()],
            "visitors": [visits.visitors for visits in series.values()],
        },
        "pages": counts.top_pages(period),
        "sources": counts.sources(period),
        "bots": counts.bots(period),
        "bot_views": counts.bot_views(period),
        "sent": Submission.objects.people().filter(counts.within(period, "at")).count(),
        "any": bool(total.views) or PageView.objects.exists(),
    }


def labels(steps: Iterable[date], step: str) -> list[str]:
    """Return what stands below the chart; a step that is not over yet says so."""
    today = localdate(timezone=Organisation.get().zone)
    return [
        (f"{begin:%b %Y}" if step == "month" else f"{begin:%-d %b}")
        + (" (so far)" if begin <= today < counts.following(begin, step) else "")
        for begin in steps
    ]


@allow(EVERYBODY)
@require_GET
def install(request: SignedInRequest) -> HttpResponse:
    """The lines to copy into a website, and whether they have been heard from."""
    last = PageView.objects.filter(bot="").order_by("-at").first()
    context = {
        "site": settings.SITE_URL,
        "last": last,
    }
    return render(request, "tracking/install.html", context)


@allow(EVERYBODY)
@require_GET
def lead_website(request: SignedInRequest, pk: int) -> HttpResponse:
    """Where a lead first came from, and its visits; nothing for a lead without any."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    sent = Submission.objects.filter(lead=lead).select_related("form").order_by("-at")
    visitors = Visitor.objects.filter(lead=lead).order_by("first_at")
    sessions = Session.objects.filter(lead=lead).order_by("-started_at", "-pk")
    context = {
        "lead": lead,
        **origin(sent.order_by("at").first(), visitors.first(), visitors.last()),
        "sent": list(sent[:LAST_VISITS]),
        "sessions": list(sessions[:LAST_VISITS]),
        "count": sessions.count(),
    }
    return render(request, "tracking/_lead_website.html", context)


def origin(sent: Submission | None, first: Visitor | None, last: Visitor | None) -> dict[str, Any]:
    """Return what brought the lead the first time and the last, in the form's words or ours."""
    return {
        "first_utm": (first and first.first_utm) or (sent and sent.utm_first) or {},
        "last_utm": (last and last.last_utm) or (sent and sent.utm_last) or {},
        "first_referrer": first.first_referrer if first else "",
    }

"""The forecast page, the deals behind its numbers, and a seller's own gap."""

from typing import Any

from django.db.models import Count, Sum
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crm.common import parameters
from crm.common.htmx import done, toast
from crm.common.keyset import Order, page
from crm.common.parts import Tab
from crm.users.models import Organisation, User
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow, may_open
from deals.forecast import counting, forecasting, pages, services, snapshots, spans
from deals.forecast.arithmetic import Standing
from deals.forecast.models import ForecastCall, ForecastSnapshot
from deals.forecast.pages import Asked
from deals.forecast.quotas import team_names
from deals.forecast.spans import MONTH, QUARTER
from deals.models import Deal
from deals.services import NotAllowedNow


@allow(EVERYBODY)
@require_GET
def forecast_page(request: SignedInRequest) -> HttpResponse:
    """Where everybody whom the user sees stands in a month or quarter, and stood on a past day."""
    today = counting.today()
    asked = Asked.of(request.GET, today)
    found = forecasting.forecast(asked.span, by=asked.by, user=request.user)
    context = {
        "found": found,
        "asked": asked,
        "today": today,
        "tabs": pages.page_tabs(request.user, "forecast"),
        "span_tabs": pages.span_tabs(asked, today),
        "by_tabs": by_tabs(asked),
        "earlier_url": asked.url(asked.span.shifted(-1), keep_day=False),
        "later_url": asked.url(asked.span.shifted(1), keep_day=False),
        "targets_url": may_open(request.user, "forecast:targets"),
        "needing": needing(request.user, asked, today),
        "foreign": [
            (one, pages.LABELS[one.part], pages.deals_url(one.part, asked.span, "", one.currency))
            for one in found.foreign
        ],
    } | table(found, past(request, asked), asked)
    return render(request, "forecast/forecast.html", context)


def by_tabs(asked: Asked) -> list[Tab]:
    names = ((forecasting.PEOPLE, "People"), (forecasting.TEAMS, "Teams"))
    return [Tab(label, asked.url(by=key), key == asked.by) for key, label in names]


def needing(user: User, asked: Asked, today: Any) -> list[Any]:
    """Return what has no honest place in a forecast: deals past their close date, or without."""
    sums = forecasting.needing_a_date(user, today, asked.span)
    currency = Organisation.get().currency
    return [
        (pages.LABELS[name], found, pages.deals_url(name, asked.span, "", currency))
        for name, found in sums.items()
    ]


def past(request: SignedInRequest, asked: Asked) -> dict[str, Any]:
    """Return the forecast of the day asked for, or why there is none."""
    if asked.as_of is None:
        return {"before": None}
    snapshot = snapshots.of_day(asked.as_of)
    if snapshot is None:
        earlier, later = snapshots.nearest(asked.as_of)
        return {"before": None, "missing": True, "earlier_day": earlier, "later_day": later}
    if not snapshots.holds(snapshot, asked.span):
        return {"before": None, "too_old": snapshot}
    before = snapshots.forecast_on(snapshot, asked.span, by=asked.by, user=request.user)
    return {"before": before, "snapshot": snapshot}


def table(found: forecasting.Forecast, past: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """Return the rows of the table with their links and what has changed since the past day."""
    before = past["before"]
    then = {row.who: row.standing for row in before.rows} if before else {}
    none = Standing() if before else None

    def cells(standing: Any, old: Any, who: str) -> list[pages.Money]:
        return pages.cells_of(standing, old, asked.span, who, found.currency)

    rows = [(r, cells(r.standing, then.get(r.who, none), r.who)) for r in found.rows]
    total = cells(found.total, before.total if before else None, "")
    return past | {
        "rows": rows,
        "total_cells": total,
        "open_url": pages.deals_url(counting.OPEN, asked.span, "", found.currency),
        "has_numbers": any(cell.count for cell in total) or found.total.target is not None,
    }


@allow(EVERYBODY)
@require_GET
def deal_list(request: SignedInRequest) -> HttpResponse:
    """Exactly the deals behind one number of the forecast; their total is that number."""
    today, query = counting.today(), request.GET
    part = query.get("part", counting.OPEN)
    part = part if part in counting.LISTS else counting.OPEN
    asked, who = Asked.of(query, today), query.get("who", "")
    deals = counting.visible_deals(request.user).filter(counting.of_whom(who))
    if query.get("currency"):
        deals = deals.filter(currency=query["currency"])
    deals = counting.deals_of(part, deals, asked.span.period, today)
    sums = deals.order_by().values_list("currency")
    rows = deals.select_related("stage", "owner", "company", "lead", "forecast_call")
    shown = page(rows, Order("amount_minor", int, descending=True), query)
    context = {
        "rows": shown.rows,
        "older": shown.older(query, request.path),
        "newer": shown.newer(query, request.path),
        "sums": sums.annotate(Count("pk"), Sum("amount_minor"), Sum("weighted")),
        "label": pages.LABELS[part],
        "part": part,
        "asked": asked,
        "today": today,
        "back": asked.url(),
        "who": name_of(who),
        "categories": ForecastCall.Category.choices,
        "may_call": request.user.role in SALES,
    }
    return render(request, "forecast/deals.html", context)


def name_of(who: str) -> str:
    """Return the name of the person or team in an address, "" for everybody."""
    kind, _, pk = who.partition("-")
    if kind not in ("user", "team"):
        return ""
    key = parameters.whole_number(pk)
    if key is None:
        return forecasting.NOBODY if kind == "user" else "No team"
    if kind == "team":
        return team_names().get(key, "")
    return User.objects.filter(pk=key).values_list("name", flat=True).first() or ""


@allow(SALES)
@require_POST
def call(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say in which category a deal belongs, whatever its stage."""
    deal = get_object_or_404(Deal.objects.visible_to(request.user), pk=pk)
    category = request.POST.get("category", "")
    if category not in ("", *ForecastCall.Category.values):
        return HttpResponse("There is no such category.", status=422)
    try:
        services.call_deal(deal, category, actor=request.user)
        word = dict(ForecastCall.Category.choices).get(category)
        toast(request, f"{deal}: {word}" if word else f"{deal} counts by its stage")
    except NotAllowedNow as fault:
        toast(request, str(fault), level="warning")
    back = QueryDict(request.POST.get("query", "")).urlencode()
    return done(request, f"{reverse('forecast:deals')}?{back}")


@allow(SALES)
@require_GET
def my_gap(request: SignedInRequest) -> HttpResponse:
    """A seller's own month and quarter against his target: a panel of My day."""
    today = counting.today()
    shown = [
        (span, forecasting.own_standing(request.user, span), f"user-{request.user.pk}")
        for span in (spans.span_of(MONTH, today), spans.span_of(QUARTER, today))
    ]
    context = {
        "gaps": [
            {
                "span": span,
                "standing": standing,
                "won_url": pages.deals_url("won", span, who, Organisation.get().currency),
                "open_url": pages.deals_url(counting.OPEN, span, who, Organisation.get().currency),
            }
            for span, standing, who in shown
        ]
    }
    return render(request, "forecast/_my_gap.html", context)


@allow(EVERYBODY)
@require_GET
def snapshot_list(request: SignedInRequest) -> HttpResponse:
    """The days of which a forecast was kept, and the days on which none was."""
    today = counting.today()
    asked = Asked.of(request.GET, today)
    kept = ForecastSnapshot.objects.filter(day__gte=asked.span.first, day__lt=asked.span.end)
    last = min(today, asked.span.last)
    context = {
        "asked": asked,
        "kept": kept,
        "missed": snapshots.missed(asked.span.first, last),
        "back": asked.url(keep_day=False),
    }
    return render(request, "forecast/snapshots.html", context)

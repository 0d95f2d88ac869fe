"""The board, the list and the export: three forms of the same deals."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db.models import (
    CharField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    IntegerField,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.http import (
    HttpResponse,
    HttpResponseBadRequest,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from crm.common import parameters
from crm.common.htmx import wants_partial
from crm.common.keyset import KeysetPage, Order, page
from crm.common.parts import Tab
from crm.users.models import Organisation
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow, may_open
from deals import board, cards, export
from deals.filters import DealFilter
from deals.models import Deal, PipelineStage
from leads.sample import sample_url

CLOSE_DAY = Cast(Coalesce("close_on", Value(date.max, output_field=DateField())), CharField())
STAGE_PLACE = ExpressionWrapper(
    F("stage__pipeline__position") * 1000 + F("stage__position"), IntegerField()
)
SORTS: dict[str, tuple[str | Combinable, type]] = {
    "name": ("sort_key", str),
    "amount": ("amount_minor", int),
    "close": (CLOSE_DAY, str),
    "stage": (STAGE_PLACE, int),
    "since": ("stage_since", datetime),
    "created": ("created_at", datetime),
}
"""What the list may be ordered by. No close date comes last; stages by their pipeline."""
NEWEST = "-created"
LIST_COOKIE = "deals-list"
"""Keeps the list that was looked at last, so that a record knows its neighbours there."""
LONGEST_KEPT = 1500


def filter_of(request: SignedInRequest) -> DealFilter:
    return DealFilter(request.GET, user=request.user, currency=Organisation.get().currency)


@allow(EVERYBODY)
@require_GET
@vary_on_headers("HX-Request")
def deal_list(request: SignedInRequest) -> HttpResponse:
    """The board or the list, by `?view=`; every other parameter means the same in both."""
    asked = filter_of(request)
    as_list = request.GET.get("view") == "list"
    context = list_context(request, asked) if as_list else board_context(request, asked)
    context |= {"filter": asked, "as_list": as_list, "views": views(request, asked)}
    context |= abilities(request)
    template = "deals/_results.html" if wants_partial(request) else "deals/list.html"
    response = render(request, template, context)
    if len(query := request.GET.urlencode()) < LONGEST_KEPT:
        response.set_cookie(LIST_COOKIE, query, path="/deals/", samesite="Lax", httponly=True)
    return response


def abilities(request: SignedInRequest) -> dict[str, Any]:
    """Return what the user may do with the deals shown, and the filters for the next request."""
    query = request.GET.copy()
    query.pop("after", None)
    return {
        "may_create": may_open(request.user, "deals:create"),
        "may_move": request.user.role in SALES,
        "sample_url": partial(sample_url, request.user),
        "query": f"{query.urlencode()}&" if query else "",
    }


def views(request: SignedInRequest, asked: DealFilter) -> list[Tab]:
    """Return the ready-made filters, each an address that keeps board or list."""
    kept = "view=list&" if request.GET.get("view") == "list" else ""
    present = {k: v for k, v in request.GET.items() if k not in ("view", "sort") and v}
    wishes: list[tuple[str, dict[str, str]]] = [
        ("All open", {}),
        ("Mine", {"owner": "me"}),
        ("No next activity", {"tag": "none"}),
        ("Rotting", {"tag": "rotting"}),
        ("Closing this month", {"close": "month"}),
    ]
    if "owner" not in asked.bar.fields:
        del wishes[1]
    return [
        Tab(label, f"?{kept}{'&'.join(f'{k}={v}' for k, v in wish.items())}", wish == present)
        for label, wish in wishes
    ]


def board_context(request: SignedInRequest, asked: DealFilter) -> dict[str, Any]:
    if asked.pipeline is None:
        return {"columns": []}
    deals = asked.any_status(Deal.objects.visible_to(request.user))
    columns = board.board(asked.pipeline, deals, currency=asked.currency, stages=asked.stages)
    return {"columns": columns} | whole(columns, asked)


def whole(columns: list[board.Column], asked: DealFilter) -> dict[str, Any]:
    """Return how many deals the board shows in all, and what they are worth, own currency first."""
    amounts = board.totals(columns)
    return {
        "count": sum(column.count for column in columns),
        "totals": sorted(amounts, key=lambda a: (a.currency != asked.currency, a.currency)),
    }


def list_context(request: SignedInRequest, asked: DealFilter) -> dict[str, Any]:
    deals = asked.apply(Deal.objects.visible_to(request.user))
    sums = deals.order_by().values_list("currency").annotate(Count("pk"), Sum("amount_minor"))
    by_currency = sorted(sums, key=lambda row: (row[0] != asked.currency, row[0]))
    at = cards.clock()
    shown = ordered_page(request, deals.for_cards())
    return {
        "rows": [cards.card(deal, at) for deal in shown.rows],
        "older": shown.older(request.GET, request.path),
        "newer": shown.newer(request.GET, request.path),
        "sums": by_currency,
        "count": sum(row[1] for row in by_currency),
        "sort": request.GET.get("sort", NEWEST),
        "today": localdate(),
    }


def ordered_page(request: SignedInRequest, deals: QuerySet[Deal]) -> KeysetPage[Deal]:
    """Return the page of the list that the address asks for, in the order it asks for."""
    return page(deals, order_of(request.GET), request.GET)


def order_of(query: QueryDict) -> Order:
    """Return the order that a list's address asks for; the board goes by stage."""
    usual = NEWEST if query.get("view") == "list" else "stage"
    key = query.get("sort", usual)
    key = key if key.lstrip("-") in SORTS else usual
    by, kind = SORTS[key.lstrip("-")]
    return Order(by, kind, key.startswith("-"))


@allow(EVERYBODY)
@require_GET
def column_more(request: SignedInRequest, pk: int) -> HttpResponse:
    """The next 25 cards of a stage, behind the cursor `?after=`."""
    stage = get_object_or_404(PipelineStage, pk=pk)
    deals = filter_of(request).any_status(Deal.objects.visible_to(request.user))
    try:
        shown, more = board.more_cards(stage, deals, request.GET.get("after", ""))
    except board.BadCursor:
        return HttpResponseBadRequest("This place of the column is not known.")
    context = {"cards": shown, "more": more, "stage": stage} | abilities(request)
    return render(request, "deals/_more_cards.html", context)


@allow(EVERYBODY)
@require_POST
def changes(request: SignedInRequest) -> HttpResponse:
    """What is different from the cards that the browser shows (`known`), as swaps by id.

    Reads only; a POST because the list of known cards is long.
    """
    asked = filter_of(request)
    if asked.pipeline is None:
        return HttpResponse()
    deals = asked.any_status(Deal.objects.visible_to(request.user)).open()
    columns = board.board(asked.pipeline, deals, currency=asked.currency, stages=asked.stages)
    known = {stamp.partition(".")[0]: stamp for stamp in request.POST.getlist("known")[:1000]}
    ids = parameters.keys(known)
    shown = board.cards_of(
        deals.filter(pk__in=ids, stage__in=asked.stages).values_list("pk", flat=True),
        cards.clock(),
    )
    return render(
        request,
        "deals/_changes.html",
        {
            "columns": columns,
            "changed": [c for pk, c in shown.items() if known[str(pk)] != c.stamp],
            "arrived": [
                (column.stage.pk, [card for card in column.cards if card.deal.pk not in ids])
                for column in columns
            ],
            "gone": [pk for pk in ids if pk not in shown],
        }
        | whole(columns, asked)
        | abilities(request),
    )


@allow(EVERYBODY)
@require_GET
def deal_export(request: SignedInRequest) -> Any:
    """The filtered deals as CSV, streamed."""
    deals = filter_of(request).apply(Deal.objects.visible_to(request.user))
    rows: Iterator[str] = export.lines(deals)
    answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="deals-{localdate()}.csv"'
    return answer

"""Exactly the rows behind a number of a report."""

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.common import keyset
from crm.common.csv_cells import lines
from crm.common.keyset import Order
from crm.reports import rows
from crm.reports.kinds import KINDS, Kind
from crm.users.permissions import EVERYBODY, SignedInRequest, allow

NEWEST = Order("pk", int, descending=True)


def asked(request: SignedInRequest, kind: str) -> tuple[Kind, rows.RowSet, rows.Params]:
    if kind not in KINDS:
        raise Http404
    chosen, params = rows.read(request.GET.get(rows.PARAM, ""))
    if chosen.kind != kind:
        raise rows.damaged()
    return KINDS[kind], chosen, params


@allow(EVERYBODY)
@require_GET
def row_list(request: SignedInRequest, kind: str) -> HttpResponse:
    """The rows of a set that the reader sees: how many, what they amount to, a page of them."""
    shown_as, chosen, params = asked(request, kind)
    found = shown_as.rows(chosen, params, request.user)
    page = keyset.page(shown_as.loaded(found), NEWEST, request.GET)
    count = keyset.capped_count(found)
    context = {
        "kind": shown_as,
        "label": chosen.label(params),
        "count": count,
        "count_words": keyset.count_words(count),
        "noun": shown_as.words[0 if count == 1 else 1],
        "sums": shown_as.sums(found),
        "rows": [shown_as.shown(row) for row in page.rows],
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "query": request.GET.urlencode(),
    }
    return render(request, "reports/rows.html", context)


@allow(EVERYBODY)
@require_GET
def row_file(request: SignedInRequest, kind: str) -> Any:
    """All rows of a set as CSV."""
    shown_as, chosen, params = asked(request, kind)
    found = shown_as.loaded(shown_as.rows(chosen, params, request.user)).order_by("-pk")
    shown = (shown_as.show(row) for row in found.iterator(chunk_size=500))
    response = StreamingHttpResponse(
        lines(shown_as.heads, ([one.title, *one.cells] for one in shown)),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response

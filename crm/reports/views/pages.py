"""Report pages and files. The address is the report: every control is in it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from crm.common.csv_cells import lines
from crm.common.formats import major
from crm.common.htmx import wants_partial
from crm.reports import answers, kept
from crm.reports.answers import Answer, Table
from crm.reports.forms import ReportForm
from crm.reports.questions import NotAnswerable
from crm.reports.registry import REPORTS, Report
from crm.users.permissions import EVERYBODY, SignedInRequest, allow

View = Callable[..., HttpResponse]


More = Callable[[SignedInRequest, Answer], dict[str, Any]]
"""What a page shows beside the answer, of this reader and this moment: never kept."""


def page_of(report: Report, more: More | None = None) -> View:
    """Return the view of a report's page."""

    @allow(report.roles)
    @require_GET
    @vary_on_headers("HX-Request")
    def report_page(request: SignedInRequest) -> HttpResponse:
        form = ReportForm(request.GET, report=report, user=request.user)
        context: dict[str, Any] = {"form": form, "report": report}
        context["query"] = request.GET.urlencode()
        try:
            found, is_kept = kept.answer(report, form.question())
            context |= {"answer": found, "is_kept": is_kept, **found.own}
            context |= more(request, found) if more else {}
        except NotAnswerable as fault:
            context["fault"] = str(fault)
        template = "reports/_report.html" if wants_partial(request) else "reports/report.html"
        return render(request, template, context)

    return report_page


def file_of(report: Report) -> View:
    """Return the view of a report's CSV file; `?table=key` names another than the main table."""

    @allow(report.roles)
    @require_GET
    def report_file(request: SignedInRequest) -> Any:
        form = ReportForm(request.GET, report=report, user=request.user)
        try:
            found, _ = kept.answer(report, form.question())
        except NotAnswerable as fault:
            return HttpResponse(str(fault), status=422)
        table = chosen_table(found, request.GET.get("table", ""))
        response = StreamingHttpResponse(
            csv_lines(table, found.currency), content_type="text/csv; charset=utf-8"
        )
        name = report.name if table is found.tables[0] else f"{report.name}-{table.key}"
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    return report_file


def chosen_table(found: Answer, key: str) -> Table:
    if not found.tables:
        raise Http404
    return next((table for table in found.tables if table.key == key), found.tables[0])


def csv_lines(table: Table, currency: str) -> Any:
    """Return the lines of a table's file: raw values, money in the currency's own unit."""
    rows = [*table.rows, *([table.total] if table.total else [])]
    head = ["key", "name", *(column.key for column in table.columns)]
    return lines(head, (plain_row(table, row, currency) for row in rows))


def plain_row(table: Table, row: answers.Row, currency: str) -> list[object]:
    values = [plain(row.value(column.key), row.kind(column), currency) for column in table.columns]
    return [row.key, row.label, *values]


def plain(value: Any, kind: str, currency: str) -> object:
    if value is None:
        return "n/a"
    if kind == answers.MONEY:
        return major(Decimal(value), currency)
    return round(value, 4) if isinstance(value, float) else value


@allow(EVERYBODY)
@require_POST
def count_anew(request: SignedInRequest, name: str) -> HttpResponse:
    """Drop a kept answer and show the report again, counted now."""
    report = REPORTS.get(name)
    if report is None or not report.is_for(request.user):
        raise Http404
    form = ReportForm(request.GET, report=report, user=request.user)
    kept.forget(report, form.question())
    query = request.GET.urlencode()
    return redirect(f"{reverse(report.url_name)}{'?' if query else ''}{query}")

"""Each report: counted anew, as its page is served, and its main table by hand-written SQL."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.db import connection
from django.urls import reverse

from bench.pages import Page, measure
from bench.report_queries import BY_HAND
from crm.common.periods import CHOICES, named
from crm.reports.forms import ReportForm
from crm.reports.models import KeptAnswer
from crm.reports.questions import today
from crm.reports.registry import PERIOD, REPORTS, Report
from crm.users.models import Organisation

ROUNDS = 3


@dataclass(frozen=True)
class ReportFigure:
    """One report measured. Milliseconds, medians.

    counted: the answer computed anew
    queries, page: of the server's whole page, its answer kept where counting is slow
    by_hand: the main table by one statement, None without such a statement
    """

    name: str
    queries: int
    counted: float
    page: float
    by_hand: float | None


def measured(address: str) -> Iterator[ReportFigure]:
    """Yield the figures of every report, of twelve months where it is of a period."""
    for report in REPORTS.values():
        yield figure(report, address)


def figure(report: Report, address: str) -> ReportFigure:
    asked = twelve_months(report)
    question = ReportForm(asked, report=report, user=None).question()
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    page = Page(report.name, f"{reverse(report.url_name)}?{query}")
    statement = BY_HAND.get(report.name)
    KeptAnswer.objects.all().delete()
    served = measure(address, page)
    return ReportFigure(
        report.name,
        served.queries,
        timed(lambda: report.answer(question)),
        served.median,
        timed(lambda: run(statement)) if statement else None,
    )


def twelve_months(report: Report) -> dict[str, str]:
    """Return the address's query for the last twelve months; none for a report of its own span."""
    allowed = () if report.page else report.periods or CHOICES
    return {"period": "12m"} if PERIOD in report.controls and "12m" in allowed else {}


def run(statement: str) -> list[Any]:
    since, until = named("12m", today()).bounds(Organisation.get().zone)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"since": since, "until": until})
        return list(cursor.fetchall())


def timed(work: Callable[[], object]) -> float:
    """Return the median milliseconds of a few rounds, after one that warms up."""
    took = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return median(took[1:])

"""The forecast as a report of the command line: the same functions as its page."""

from typing import Any

from django.utils.timezone import now

from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Table
from crm.reports.questions import NotAnswerable, Question
from deals.forecast import counting, pages
from deals.forecast.arithmetic import Standing
from deals.forecast.forecasting import PEOPLE, TEAMS, figures
from deals.forecast.forecasting import forecast as forecast_of
from deals.forecast.spans import MONTH, QUARTER, Span, span_of

GROUPED_BY = {"rep": PEOPLE, "team": TEAMS}
COLUMNS = (
    Column("target", "Target", answers.MONEY, no_rows=True),
    Column("won", "Won", answers.MONEY),
    Column("commit", "Commit", answers.MONEY),
    Column("best_case", "Best case", answers.MONEY),
    Column("pipeline", "Pipeline", answers.MONEY),
    Column("weighted", "Weighted", answers.MONEY, no_rows=True),
    Column("attainment", "Attainment", answers.PERCENT),
    Column("gap", "Gap", answers.MONEY, no_rows=True),
    Column("coverage", "Coverage", answers.TIMES),
)
FOREIGN = (
    Column("part", "Category", answers.TEXT),
    Column("amount", "Minor units", answers.NUMBER),
    Column("deals", "Deals", no_rows=True),
)


def forecast_answer(question: Question) -> Answer:
    """Answer with the forecast of one month or quarter; without a period, of the present month.

    Raises NotAnswerable for another period or grouping: targets are of months and quarters.
    """
    if question.by not in GROUPED_BY:
        raise NotAnswerable(f"The forecast is broken down by one of: {', '.join(GROUPED_BY)}.")
    span = span_asked(question)
    found = forecast_of(span, by=GROUPED_BY[question.by], user=question.user)
    rows = tuple(with_links(r.who, r.name, r.standing, span, found.currency) for r in found.rows)
    total = with_links("", "All", found.total, span, found.currency)
    tables = [
        Table("forecast", f"By {question.by}", question.by.capitalize(), COLUMNS, rows, total)
    ]
    if found.foreign:
        rows = tuple(
            row_of(
                f"{one.currency}-{one.part}",
                one.currency,
                {"part": one.part, "amount": one.sum.amount, "deals": one.sum.count},
            )
            for one in found.foreign
        )
        tables.append(Table("other_currencies", "Other currencies", "Currency", FOREIGN, rows))
    asked = {**question.asked, "period": str(span.period)}
    return Answer("forecast", asked, now(), found.currency, tuple(tables))


LINKED = {"won": "won", "commit": "commit", "best_case": "best", "pipeline": "pipeline"}
"""The columns that are sums of deals, and what `pages.deals_url` calls these deals."""


def with_links(who: str, label: str, found: Standing, span: Span, currency: str) -> answers.Row:
    cells = {name: Cell(value) for name, value in figures(found).items()}
    for column, part in LINKED.items():
        if cells[column].value:
            url = pages.deals_url(part, span, who, currency)
            cells[column] = Cell(cells[column].value, url)
    return answers.Row(who, label, cells)


def row_of(key: str, label: str, values: dict[str, Any]) -> answers.Row:
    return answers.Row(key, label, {name: Cell(value) for name, value in values.items()})


def span_asked(question: Question) -> Span:
    period = question.period
    if period.first is None and period.end is None:
        return span_of(MONTH, counting.today())
    for kind in (MONTH, QUARTER):
        span = span_of(kind, period.first or counting.today())
        if span.period == period:
            return span
    raise NotAnswerable(
        "Ask for a whole month or quarter, such as --from 2026-11-01 --to 2026-11-30."
    )

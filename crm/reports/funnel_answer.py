"""The funnel dashboard as an answer: bars, breakdowns and trend, each number with its leads."""

from dataclasses import asdict, replace
from typing import Any

from django.urls import reverse

from crm.common.parts import FunnelStep
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Chart, Column, Figure, Table
from crm.reports.drill import BEYOND, OTHERS
from crm.reports.drill import Cell as Leads
from crm.reports.durations import Stay
from crm.reports.funnel import Funnel, Row
from crm.reports.questions import COHORT, GROUPINGS, PERIOD, Question
from crm.reports.side_by_side import Dashboard, dashboard
from crm.stages import PATH, Stage
from crm.users.models import Organisation

EXPLAINED = {
    COHORT: "Follows the leads that came in during the period, to wherever they got since.",
    PERIOD: "Counts what was reached during the period, whenever the lead came in.",
}
TITLES = {COHORT: "cohort", PERIOD: "period"}
COLUMNS = (
    *(Column(s.value, s.label, bar=s is Stage.LEAD, good="up") for s in PATH),
    Column("conversion", "MQL to customer", answers.PERCENT, "Customers ÷ MQLs", good="up"),
)
DIFFER = (
    Column("cohort", "Cohort", help=EXPLAINED[COHORT]),
    Column(BEYOND, "− at another time", help="Reached by the cohort outside of the period"),
    Column(OTHERS, "+ by other leads", help="Reached in the period by leads of another time"),
    Column("period", "Period", help=EXPLAINED[PERIOD]),
)
TREND = (Stage.LEAD, Stage.MQL, Stage.SQL, Stage.CUSTOMER)
COLOURS = {stage: f"--series-{place}" for place, stage in enumerate(TREND, start=1)}


def funnel_answer(question: Question) -> Answer:
    """Answer the question: breakdowns by cohort and period, where they differ, and the trend.

    The main table counts as the question does (`counting`), the other way is the second one.
    """
    found = dashboard(question)
    other = PERIOD if question.counting == COHORT else COHORT
    trend = trend_table(found)
    return Answer(
        "funnel",
        question.asked,
        found.cohort.as_of,
        Organisation.get().currency,
        (
            breakdown(found, question.counting, "breakdown"),
            breakdown(found, other, f"breakdown-{other}"),
            difference(found),
            trend,
        ),
        figures(found),
        (chart(trend),) if trend.rows else (),
        notes(found),
        own={
            "cohort": [asdict(step) for step in steps(found.cohort)],
            "period": [asdict(step) for step in [*visiting(found), *steps(found.period)]],
        },
    )


# Tables -------------------------------------------------------------------------------------------


def breakdown(found: Dashboard, counting: str, key: str) -> Table:
    funnel, before = found.of(counting), found.before_of(counting)
    label = GROUPINGS[found.question.by]
    rows = tuple(table_row(funnel, row, before) for row in funnel.rows)
    title = f"By {label.lower()}: {TITLES[counting]}"
    total = table_row(funnel, funnel.total, before)
    return Table(key, title, label, COLUMNS, rows, total, EXPLAINED[counting])


def table_row(found: Funnel, row: Row, before: Funnel | None = None) -> answers.Row:
    then = before_of(found, row, before)
    urls = leads(found, row, Stage.LEAD).urls(row.counts)
    cells = {
        stage.value: Cell(
            count,
            urls[stage] if count else "",
            before=then.counts[stage] if then else None,
        )
        for stage, count in row.counts.items()
    }
    cells["conversion"] = Cell(row.conversion, before=then.conversion if then else None)
    return answers.Row(row.key, row.label, cells)


def before_of(found: Funnel, row: Row, before: Funnel | None) -> Row | None:
    """Return the row's numbers of the period compared with; a month has none."""
    if before is None or row is found.total:
        return before.total if before else None
    return None if found.question.by == "month" else before.row(row.value)


def leads(found: Funnel, row: Row, stage: Stage, missed: Stage | None = None) -> Leads:
    """Return the address of one number of the report."""
    asked = found.question
    by = asked.by if row is not found.total else ""
    return Leads(stage, missed, asked.counting, asked.period, by, row.value, asked.whose)


def difference(found: Dashboard) -> Table:
    """Return from the cohort's count of each stage to the period's, as a sum."""
    return Table(
        "difference",
        "From cohort to period",
        "Stage",
        DIFFER,
        tuple(difference_row(found, stage) for stage in PATH),
        about="The cohort without what it reached outside of the period, and with what leads of "
        "another time reached in it, is what the period counts.",
    )


def difference_row(found: Dashboard, stage: Stage) -> answers.Row:
    cohort, period = found.cohort.total.counts[stage], found.period.total.counts[stage]
    numbers = {
        COHORT: cohort,
        BEYOND: cohort - found.shared[stage],
        OTHERS: period - found.shared[stage],
        PERIOD: period,
    }
    total = leads(found.cohort, found.cohort.total, stage)
    cells = {
        counting: Cell(number, replace(total, counting=counting).url if number else "")
        for counting, number in numbers.items()
    }
    return answers.Row(stage.value, stage.label, cells)


def trend_table(found: Dashboard) -> Table:
    rows = tuple(table_row(found.trend, row) for row in found.trend.rows)
    about = "What was reached in each month."
    return Table("trend", "Trend", "Month", COLUMNS, rows, about=about)


def chart(trend: Table) -> Chart:
    series = [
        {
            "label": stage.label,
            "type": "bar" if stage is Stage.LEAD else "line",
            "colour": COLOURS[stage],
            "values": [row.value(stage.value) for row in trend.rows],
            "links": [row.cells[stage.value].url for row in trend.rows],
        }
        for stage in TREND
    ]
    labels = [row.label for row in trend.rows]
    return Chart("trend", "Trend", {"labels": labels, "series": series}, trend.key)


# Above the tables ---------------------------------------------------------------------------------


def figures(found: Dashboard) -> tuple[Figure, ...]:
    total = table_row(found.cohort, found.cohort.total, found.before_of(COHORT)).cells
    cohort = "of the cohort"
    return (
        Figure("leads", "Leads", total[Stage.LEAD.value], help="Leads that came in"),
        Figure("mqls", "MQLs", total[Stage.MQL.value], hint=cohort),
        Figure("customers", "Customers", total[Stage.CUSTOMER.value], hint=cohort),
        Figure("conversion", "MQL to customer", total["conversion"], answers.PERCENT,
               "Customers ÷ MQLs of the cohort", hint=cohort),
    )  # fmt: skip


def notes(found: Dashboard) -> tuple[str, ...]:
    said = []
    if found.question.by == "segment":
        said.append("A lead may be in several segments or in none: the rows do not add up.")
    if found.visitors == 0:
        said.append("No visitors were counted: put Tandem's script on your website.")
    return tuple(said)


def visiting(found: Dashboard) -> list[FunnelStep]:
    """Return the step before the first: people on the website; none where nobody is counted."""
    if not found.visitors:
        return []
    return [FunnelStep("Visitors", "visitor", found.visitors, reverse("tracking:website"))]


def steps(found: Funnel) -> list[FunnelStep]:
    """Return the bars of the whole funnel; drop-off has rows only when a cohort is followed."""
    bars, total = [], found.total
    for stage, after in zip(PATH, [*PATH[1:], None], strict=True):
        lost, stay = None, found.stays.get(stage, Stay())
        if after and found.question.counting == COHORT:
            lost = total.counts[stage] - total.counts[after]
        bars.append(
            FunnelStep(
                label=stage.label,
                stage=stage.value,
                count=total.counts[stage],
                url=leads(found, total, stage).url,
                lost=lost,
                lost_url=leads(found, total, stage, after).url if lost is not None else "",
                median_days=stay.median,
                p90_days=stay.p90,
            )
        )
    return bars


def bars_of(own: dict[str, Any], counting: str) -> list[FunnelStep]:
    """Return the bars as the template takes them, from what an answer keeps."""
    return [FunnelStep(**step) for step in own[counting]]

"""The funnel report as an answer: its bars, its breakdown, each number with its leads."""

from dataclasses import asdict
from typing import Any

from crm.common.parts import FunnelStep
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Table
from crm.reports.drill import Cell as Leads
from crm.reports.funnel import Funnel, Row, funnel
from crm.reports.questions import COHORT, GROUPINGS, Question
from crm.stages import PATH, Stage
from crm.users.models import Organisation

EXPLAINED = {
    "cohort": "Follows the leads that came in during the period, to wherever they got since.",
    "period": "Counts what was reached during the period, whenever the lead came in.",
}
COLUMNS = (
    *(Column(s.value, s.label, bar=s is Stage.LEAD) for s in PATH),
    Column("conversion", "MQL to customer", answers.PERCENT, "Customers ÷ MQLs"),
)


def funnel_answer(question: Question) -> Answer:
    """Answer the question with one table: a row for each group."""
    found = funnel(question)
    table = Table(
        "breakdown",
        f"By {question.by}",
        GROUPINGS[question.by].label,
        COLUMNS,
        tuple(table_row(found, row) for row in found.rows),
        table_row(found, found.total),
        EXPLAINED[question.counting],
    )
    return Answer(
        "funnel",
        question.asked,
        found.as_of,
        Organisation.get().currency,
        (table,),
        own={"steps": [asdict(step) for step in steps(found)]},
    )


def table_row(found: Funnel, row: Row) -> answers.Row:
    cells = {
        stage.value: Cell(count, leads(found, row, stage).url if count else "")
        for stage, count in row.counts.items()
    }
    cells["conversion"] = Cell(row.conversion)
    return answers.Row(row.key, row.label, cells)


def leads(found: Funnel, row: Row, stage: Stage, missed: Stage | None = None) -> Leads:
    """Return the address of one number of the report."""
    asked = found.question
    by = asked.by if row is not found.total else ""
    return Leads(stage, missed, asked.counting, asked.period, by, row.value)


def steps(found: Funnel) -> list[FunnelStep]:
    """Return the bars of the whole funnel; drop-off has rows only when a cohort is followed."""
    bars, total = [], found.total
    for stage, after in zip(PATH, [*PATH[1:], None], strict=True):
        lost = None
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
                median_days=found.medians.get(stage),
            )
        )
    return bars


def bars_of(own: dict[str, Any]) -> list[FunnelStep]:
    """Return the bars as the template takes them, from what an answer keeps."""
    return [FunnelStep(**step) for step in own["steps"]]

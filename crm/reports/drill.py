"""From a number of the funnel report to exactly its leads.

A cell is written into the address of the lead list as one word, such as
`cohort.mql-sal.2026-01-01.2026-04-01.channel.12`: the leads that came in during the first quarter
through channel 12, reached MQL and not SAL. The list filters by it; docs/metrics.md#funnel.
"""

from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from crm.common.periods import Period, of_month
from crm.funnel.models import StageEntry
from crm.reports.questions import COHORT, COUNTINGS, GROUPINGS, within
from crm.stages import PATH, Stage
from crm.users.models import User
from leads.models import LeadQuerySet

PARAM = "funnel"


@dataclass(frozen=True)
class Cell:
    """One number: the leads of one group that reached `stage` and, if given, not `missed`."""

    stage: Stage
    missed: Stage | None = None
    counting: str = COHORT
    period: Period = field(default_factory=Period)
    by: str = ""
    value: str = ""

    def __str__(self) -> str:
        stage = f"{self.stage.value}-{self.missed.value}" if self.missed else self.stage.value
        days = [day.isoformat() if day else "" for day in (self.period.first, self.period.end)]
        return ".".join([self.counting, stage, *days, self.by, self.value])

    @property
    def url(self) -> str:
        return f"{reverse('leads:list')}?{urlencode({PARAM: str(self)})}"


def parse(word: str) -> Cell:
    """Return the cell that `word` stands for. Raises BadRequest if it is none."""
    try:
        counting, stages, first, end, by, value = word.split(".")
        stage, _, missed = stages.partition("-")
        if counting not in COUNTINGS or by not in {"", *GROUPINGS}:
            raise ValueError(word)
        if by == "month":
            of_month(value)
        elif by and value != "none":
            int(value)
        return Cell(
            stage=on_path(stage),
            missed=on_path(missed) if missed else None,
            counting=counting,
            period=Period(as_day(first), as_day(end)),
            by=by,
            value=value,
        )
    except ValueError as error:
        raise BadRequest("The report's link is damaged. Open it from the report again.") from error


def on_path(name: str) -> Stage:
    if Stage(name) not in PATH:
        raise ValueError(name)
    return Stage(name)


def as_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def filter_leads(leads: LeadQuerySet, word: str, user: User) -> LeadQuerySet:
    """Return those of `leads` that the cell counts. Registered with the lead list."""
    cell = parse(word)
    leads = leads.filter(Exists(reached(cell)))
    if cell.counting == COHORT:
        leads = leads.filter(Exists(came_in(cell)))
    if cell.missed:
        leads = leads.exclude(Exists(entry(cell.missed)))
    return leads.filter(in_group(cell))


def entry(stage: Stage) -> QuerySet[StageEntry]:
    return StageEntry.objects.filter(lead=OuterRef("pk"), stage=stage)


def reached(cell: Cell) -> QuerySet[StageEntry]:
    """Return the entry that makes a lead count in the cell's stage."""
    found = entry(cell.stage)
    if cell.counting == COHORT:
        return found
    return found.filter(within(cell.period) & month(cell))


def came_in(cell: Cell) -> QuerySet[StageEntry]:
    return entry(Stage.LEAD).filter(within(cell.period) & month(cell))


def month(cell: Cell) -> Q:
    return within(of_month(cell.value)) if cell.by == "month" else Q()


def in_group(cell: Cell) -> Q:
    """Return the condition on the lead that it belongs to the cell's group."""
    if cell.by in ("", "month"):
        return Q()
    column = GROUPINGS[cell.by].path.removeprefix("lead__")
    return Q(**{column: None if cell.value == "none" else int(cell.value)})


def label(word: str) -> str:
    """Return the cell in words, for the filter chip of the list."""
    cell = parse(word)
    stage = f"{cell.stage.label} but not {cell.missed.label}" if cell.missed else cell.stage.label
    came = "came in" if cell.counting == COHORT else "reached"
    group = of_month(cell.value) if cell.by == "month" else ""
    when = str(group or cell.period)
    return f"Reached {stage}, {came} {when if when == 'All time' else 'in ' + when}"

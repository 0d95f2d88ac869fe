"""From a number of the funnel report to exactly its leads.

A cell is written into the address of the lead list as one word, such as
`cohort.mql-sal.2026-01-01.2026-04-01.channel.12.`: the leads that came in during the first quarter
through channel 12, reached MQL and not SAL. The list filters by it; docs/metrics.md#funnel.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote, quote_plus, unquote

from django.core.exceptions import BadRequest
from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns.segments.models import Segment
from campaigns.segments.services import members
from crm.common import parameters
from crm.common.links import link
from crm.common.periods import Period, of_month
from crm.funnel.models import StageEntry
from crm.reports.dimensions import DIMENSIONS, NONE, row_key
from crm.reports.questions import COHORT, GROUPINGS, PERIOD, of_whom, within
from crm.stages import PATH, Stage
from crm.users.models import User
from leads.models import LeadQuerySet

PARAM = "funnel"
BEYOND, OTHERS = "beyond", "others"
"""What cohort and period do not share: leads of the cohort that reached the stage at another time,
and leads of another time that reached it during the period."""
COUNTINGS = (COHORT, PERIOD, BEYOND, OTHERS)


@dataclass(frozen=True)
class Cell:
    """One number: the leads of one group that reached `stage` and, if given, not `missed`.

    whose: as in Question
    """

    stage: Stage
    missed: Stage | None = None
    counting: str = COHORT
    period: Period = field(default_factory=Period)
    by: str = ""
    value: str = ""
    whose: str = ""

    def __str__(self) -> str:
        return f"{self.counting}.{self.stages}.{self.group}"

    @property
    def stages(self) -> str:
        return f"{self.stage.value}-{self.missed.value}" if self.missed else self.stage.value

    @property
    def group(self) -> str:
        """The part of the word that all stages of a row share."""
        days = [day.isoformat() if day else "" for day in (self.period.first, self.period.end)]
        value = quote(self.value, safe="").replace(".", "%2E")
        return ".".join([*days, self.by, value, self.whose])

    @property
    def url(self) -> str:
        return self.urls([self.stages])[self.stages]

    def urls(self, stages: Iterable[str]) -> dict[str, str]:
        """Return the addresses of these stages' cells in one row: most of it is written once."""
        before = f"{link('leads:list')}?{PARAM}={self.counting}."
        after = f".{quote_plus(self.group)}"
        return {stage: f"{before}{stage}{after}" for stage in stages}


def parse(word: str) -> Cell:
    """Return the cell that `word` stands for. Raises BadRequest if it is none.

    Links of before there was “whose” lack its part.
    """
    try:
        counting, stages, first, end, by, value, *rest = word.split(".")
        stage, _, missed = stages.partition("-")
        whose = rest[0] if rest else ""
        if counting not in COUNTINGS or by not in {"", *GROUPINGS} or len(rest) > 1:
            raise ValueError(word)
        cell = Cell(
            stage=on_path(stage),
            missed=on_path(missed) if missed else None,
            counting=counting,
            period=Period(as_day(first), as_day(end)),
            by=by,
            value=unquote(value),
            whose=whose,
        )
        in_group(cell), of_whom(whose), month(cell)
        return cell
    except ValueError as error:
        raise BadRequest("The report's link is damaged. Open it from the report again.") from error


def on_path(name: str) -> Stage:
    if Stage(name) not in PATH:
        raise ValueError(name)
    return Stage(name)


def as_day(text: str) -> date | None:
    day = parameters.day(text)
    if text and day is None:
        raise ValueError(text)
    return day


def filter_leads(leads: LeadQuerySet, word: str, user: User) -> LeadQuerySet:
    """Return those of `leads` that the cell counts. Registered with the lead list."""
    cell = parse(word)
    leads = leads.filter(Exists(reached(cell)), in_group(cell), of_whom(cell.whose))
    if cell.counting in (COHORT, BEYOND):
        leads = leads.filter(Exists(came_in(cell)))
    elif cell.counting == OTHERS:
        leads = leads.exclude(Exists(came_in(cell)))
    if cell.missed:
        leads = leads.exclude(Exists(entry(cell.missed)))
    return leads


def entry(stage: Stage) -> QuerySet[StageEntry]:
    return StageEntry.objects.filter(lead=OuterRef("pk"), stage=stage)


def reached(cell: Cell) -> QuerySet[StageEntry]:
    """Return the entry that makes a lead count in the cell's stage."""
    found = entry(cell.stage)
    if cell.counting == COHORT:
        return found
    if cell.counting == BEYOND:
        return found.exclude(within(cell.period)) if within(cell.period) else found.none()
    return found.filter(within(cell.period) & month(cell))


def came_in(cell: Cell) -> QuerySet[StageEntry]:
    return entry(Stage.LEAD).filter(within(cell.period) & month(cell))


def month(cell: Cell) -> Q:
    return within(of_month(cell.value)) if cell.by == "month" else Q()


def in_group(cell: Cell) -> Q:
    """Return the condition on the lead that it belongs to the cell's group."""
    if cell.by in ("", "month"):
        return Q()
    if cell.by == "segment":
        segment = Segment.objects.filter(pk=row_key(cell.value)).first()
        return Q(pk__in=members(segment).order_by().values("pk")) if segment else Q(pk__in=[])
    return DIMENSIONS[cell.by].condition(cell.value)


def label(word: str) -> str:
    """Return the cell in words, for the filter chip of the list."""
    cell = parse(word)
    stage = f"{cell.stage.label} but not {cell.missed.label}" if cell.missed else cell.stage.label
    group = of_month(cell.value) if cell.by == "month" else ""
    when = str(group or cell.period)
    when = when if when == "All time" else f"in {when}"
    came = "reached" if cell.counting in (PERIOD, OTHERS) else "came in"
    beyond = {BEYOND: ", reached it at another time", OTHERS: ", came in at another time"}
    return f"Reached {stage}, {came} {when}{beyond.get(cell.counting, '')}{group_words(cell)}"


def group_words(cell: Cell) -> str:
    """Return the cell's group in words: “, Channel: Organic search”."""
    if cell.by in ("", "month"):
        return ""
    if cell.by == "segment":
        name = Segment.objects.filter(pk=row_key(cell.value)).values_list("name", flat=True).first()
        return f", {GROUPINGS[cell.by]}: {name or 'gone'}"
    names = DIMENSIONS[cell.by].names([] if cell.value == NONE else [cell.value])
    return f", {GROUPINGS[cell.by]}: {names[cell.value][1]}"

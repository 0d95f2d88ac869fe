"""The weekly grid: which weeks it shows, what stands in its cells, and reading what was typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from campaigns.channel_metrics.models import ChannelWeek
from campaigns.channel_metrics.numbers import (
    BY_NAME,
    LOOK_BACK,
    METRICS,
    Metric,
    NotANumber,
    is_unusual,
    monday,
    read_count,
)
from campaigns.channel_metrics.services import Place, whose
from campaigns.models import Spend
from crm.common.money import NotMoney, parse_money, write_money
from crm.users.models import Organisation

WEEKS = 12
NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.([a-z]+)")
MOST_CELLS = 2000
FIRST_YEAR, LAST_YEAR = 2000, 2099
Values = dict[tuple[date, str], int]


@dataclass(frozen=True)
class Cell:
    """One cell. `ghost` is the week before's value, shown while the cell is empty."""

    name: str
    metric: Metric
    week: date
    text: str = ""
    ghost: str = ""
    unusual: bool = False
    error: str = ""
    saved: bool = False

    @property
    def key(self) -> str:
        """Its name as an id may be."""
        return self.name.replace(".", "-")


@dataclass(frozen=True)
class Line:
    """One week of the grid. `total`: of a campaign, all its spend dated in the week."""

    week: date
    is_now: bool
    cells: list[Cell]
    total: int | None = None


def shown_weeks(to: date) -> list[date]:
    """Return the Mondays of the grid that ends with the week of `to`, the oldest first."""
    last = monday(to)
    return [last - timedelta(weeks=n) for n in range(WEEKS - 1, -1, -1)]


def values_of(place: Place, first: date, last: date) -> Values:
    """Return the known numbers of the weeks from `first` to `last`, both Mondays."""
    rows = ChannelWeek.objects.filter(week__range=(first, last), **whose(place))
    columns = [metric.column for metric in METRICS]
    found = {}
    for week, *numbers in rows.order_by().values_list("week", *columns):
        for metric, value in zip(METRICS, numbers, strict=True):
            if value is not None:
                found[week, metric.name] = value
    if place.campaign is not None:
        spends = Spend.objects.filter(campaign=place.campaign, week__range=(first, last))
        for week, amount in spends.values_list("week", "amount_minor"):
            found[week, "spend"] = amount
    return found


def totals_of(place: Place, weeks: list[date]) -> dict[date, int]:
    """Return a campaign's whole dated spend of each week: of the grid, by hand and from files."""
    if place.campaign is None:
        return {}
    spends = place.campaign.spends.filter(day__gte=weeks[0], day__lt=weeks[-1] + timedelta(weeks=1))
    found: dict[date, int] = {}
    for day, amount in spends.order_by().values_list("day").annotate(n=Sum("amount_minor")):
        found[monday(day)] = found.get(monday(day), 0) + amount
    return found


def lines(
    place: Place, to: date, today: date, typed: Mapping[str, str], errors: Mapping[str, str]
) -> list[Line]:
    """Return the grid; what was typed stands where it was refused."""
    weeks = shown_weeks(to)
    values = values_of(place, weeks[0] - timedelta(weeks=LOOK_BACK), weeks[-1])
    totals = totals_of(place, weeks)
    return [
        Line(
            week,
            week == monday(today),
            [cell_of(week, metric, values, typed, errors) for metric in METRICS],
            totals.get(week),
        )
        for week in weeks
    ]


def cell_of(
    week: date,
    metric: Metric,
    values: Values,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Cell:
    name = f"{week}.{metric.name}"
    value, before = values.get((week, metric.name)), values.get((days_before(week), metric.name))
    error = (errors or {}).get(name, "")
    return Cell(
        name=name,
        metric=metric,
        week=week,
        text=(typed or {}).get(name, "") if error else written(metric, value),
        ghost=written(metric, before),
        unusual=is_unusual(value, earlier(values, week, metric)),
        error=error,
    )


def days_before(week: date) -> date:
    return week - timedelta(weeks=1)


def earlier(values: Values, week: date, metric: Metric) -> list[int]:
    """Return the known values of the eight weeks before."""
    days = (week - timedelta(weeks=n) for n in range(1, LOOK_BACK + 1))
    return [values[day, metric.name] for day in days if (day, metric.name) in values]


def written(metric: Metric, value: int | None) -> str:
    """Return a number as the cell shows it, and as it can be typed back."""
    if value is None:
        return ""
    return write_money(value, Organisation.get().currency) if metric.is_money else str(value)


def read(asked: Mapping[str, str]) -> tuple[dict[tuple[date, str], int | None], dict[str, str]]:
    """Return the numbers of the cells that `asked` names, and why others cannot be read.

    asked: “2026-11-02.sessions” to the text; anything else in it is no cell
    """
    cells: dict[tuple[date, str], int | None] = {}
    errors = {}
    for name, text in list(asked.items())[:MOST_CELLS]:
        found = NAME.fullmatch(name)
        if found is None or found[2] not in BY_NAME:
            continue
        try:
            week = likely_week(date.fromisoformat(found[1]))
            cells[week, found[2]] = read_cell(BY_NAME[found[2]], text)
        except ValueError as fault:
            errors[name] = str(fault)
    return cells, errors


def likely_week(day: date) -> date:
    """Return the Monday of the week of `day`. Raises NotANumber for a day out of this century."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotANumber("This week is not a likely one.")
    return monday(day)


def read_cell(metric: Metric, text: str) -> int | None:
    """Return the number of one cell. Raises NotANumber."""
    if not metric.is_money:
        return read_count(text)
    if not text.strip():
        return None
    if text.strip()[0] in "-−":
        raise NotANumber("An amount below zero cannot be. Enter refunds under Spend.")
    try:
        return parse_money(text, Organisation.get().currency)
    except NotMoney as fault:
        raise NotANumber(str(fault)) from fault


def changed(
    place: Place, cells: dict[tuple[date, str], int | None]
) -> dict[tuple[date, str], int | None]:
    """Return those cells that differ from what is stored: a plain form sends all of them."""
    if not cells:
        return {}
    weeks = [week for week, _ in cells]
    stored = values_of(place, monday(min(weeks)), monday(max(weeks)))
    return {key: value for key, value in cells.items() if stored.get(key) != value}

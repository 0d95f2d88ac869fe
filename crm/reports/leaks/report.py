"""The report “Leaks”: what is left lying, how long, and what it would be worth."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Avg, Count, Min, Q, Sum
from django.utils.timezone import now

from crm.common.periods import named
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.dimensions import DIMENSIONS, OF_DEALS
from crm.reports.funnel import funnel
from crm.reports.leaks.chosen import BARE, LEAKS, leak_url, leaking
from crm.reports.questions import Question, today
from crm.reports.velocity.chosen import WON, closed
from crm.stages import Stage
from crm.users.models import Organisation
from deals.forecast import counting

COLUMNS = (
    Column("count", "How many", good="down", bar=True),
    Column("oldest", "Longest", answers.DAYS, "How long the oldest has been like this"),
    Column("each", "Worth each", answers.MONEY, "Expected value of one", no_rows=True),
    Column("worth", "At stake", answers.MONEY, "Expected value of all of them", no_rows=True),
    Column("remedy", "What to do", answers.TEXT),
)


@dataclass(frozen=True)
class Lying:
    """What one group leaves lying in one leak. worth: minor units, None where it is unknown"""

    count: int = 0
    since: datetime | None = None
    worth: int | None = None


def answer(question: Question) -> Answer:
    worths = expected_values()
    found = {part: lying_by(question, part, worths) for part in LEAKS}
    sums = {part: together(groups.values()) for part, groups in found.items()}
    rows = tuple(leak_row(question, part, sums[part], worths) for part in LEAKS)
    at_stake = Cell(added(lying.worth for lying in sums.values()))
    main = Table(
        "leaks",
        "What is left lying",
        "Leak",
        COLUMNS,
        rows,
        Row("total", "Total", {"worth": at_stake}),
        "As it is now. No lead is counted in two leaks.",
    )
    stake = Figure(
        "at_stake", "At stake", at_stake, answers.MONEY, STAKE, good="down", no_rows=True
    )
    counts = [Figure(row.key, row.label, row.cells["count"], good="down") for row in rows]
    return Answer(
        "leaks",
        {**question.asked, "period": "Now"},
        now(),
        Organisation.get().currency,
        (main, by_group(question, found)),
        (stake, *counts),
        notes=(worth_note(worths),),
    )


Worths = dict[Stage, int]
"""Minor units, by the stage that a lead has reached; a stage of unknown worth is left out."""

STAKE = "Expected value of all leaking leads, and weighted amounts of the deals"


def expected_values() -> Worths:
    """Return what a lead that reached a stage is worth: its chance to be won × the average deal.

    Of the last twelve months, all leads: the worth of a lead is the same for whoever looks. Empty
    where nothing was won.
    """
    period = named("12m", today())
    reached = funnel(Question(period=period, by="month")).total.counts
    won = closed(period, WON).filter(currency=Organisation.get().currency)
    average = won.aggregate(average=Avg("amount_minor"))["average"]
    if average is None:
        return {}
    likely = average * reached[Stage.CUSTOMER]
    known = [stage for stage in (Stage.MQL, Stage.SAL) if reached[stage]]
    return {stage: round(likely / reached[stage]) for stage in known}


def worth_note(worths: Worths) -> str:
    if not worths:
        return "A lead's worth is not known yet: nothing was won in the last twelve months."
    return (
        "A lead's worth is the share of its stage's leads of the last twelve months that became "
        "customers × the average won deal; those still on their way count as not won."
    )


def lying_by(question: Question, part: str, worths: Worths) -> dict[Any, Lying]:
    """Return one leak by the value of each group, in one query."""
    leak = LEAKS[part]
    by = (OF_DEALS if part == BARE else DIMENSIONS)[question.by]
    rows = by.grouped(question.seen(leaking(part, question.whose))).order_by()
    lying = {"n": Count("pk"), "since": Min(leak.since)}
    if leak.stage is None:
        own = Q(currency=Organisation.get().currency)
        lying["worth"] = Sum("weighted", filter=own, default=0)
        deals: Any = counting.with_category(rows)
        deals = deals.values_list("group").annotate(**lying)
        return {by.written(group): Lying(*numbers) for group, *numbers in deals}
    each, rows = worths.get(leak.stage), rows.values_list("group").annotate(**lying)
    return {
        by.written(group): Lying(n, since, None if each is None else n * each)
        for group, n, since in rows
    }


def together(parts: Any) -> Lying:
    parts = list(parts)
    return Lying(
        sum(part.count for part in parts),
        min((part.since for part in parts if part.since), default=None),
        added(part.worth for part in parts),
    )


def added(worths: Any) -> int | None:
    known = [worth for worth in worths if worth is not None]
    return sum(known) if known else None


def leak_row(question: Question, part: str, lying: Lying, worths: Worths) -> Row:
    leak = LEAKS[part]
    oldest = (now() - lying.since).total_seconds() / 86400 if lying.since else None
    each = worths.get(leak.stage) if leak.stage else None
    cells = {
        "count": Cell(lying.count, leak_url(question, part) if lying.count else ""),
        "oldest": Cell(oldest),
        "each": Cell(each, note="by amount and stage" if leak.stage is None else ""),
        "worth": Cell(lying.worth if lying.count else 0),
        "remedy": Cell(leak.remedy),
    }
    return Row(part, leak.label, cells)


def by_group(question: Question, found: dict[str, dict[Any, Lying]]) -> Table:
    """Return who, or what, leaks most."""
    groups = sorted({value for part in found.values() for value in part})
    names = DIMENSIONS[question.by].names(groups)
    columns = (
        *(Column(part, leak.label, good="down") for part, leak in LEAKS.items()),
        Column("worth", "At stake", answers.MONEY, no_rows=True, bar=True),
    )
    rows = []
    for value in groups:
        of_group = {part: found[part].get(value, Lying()) for part in LEAKS}
        cells = {
            part: Cell(one.count, leak_url(question, part, value) if one.count else "")
            for part, one in of_group.items()
        }
        cells["worth"] = Cell(added(one.worth for one in of_group.values() if one.count))
        rows.append(Row(*names[value], cells))
    rows.sort(key=lambda row: (-(row.value("worth") or 0), row.label))
    label = DIMENSIONS[question.by].label
    return Table(
        "groups", f"By {label.lower()}", label, columns, tuple(rows), empty="Nothing leaks."
    )

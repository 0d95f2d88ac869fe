"""The report “First response”: routing delay and rep delay apart, and leads that go to and fro."""

from typing import Any

from django.db.models import Count
from django.utils.timezone import now

from crm.common.periods import Period
from crm.funnel.models import Handoff
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.dimensions import DIMENSIONS, OF_HANDOFFS
from crm.reports.quantiles import DAY, MINUTE, Spread
from crm.reports.questions import Question
from crm.reports.rows import in_period, url_of
from crm.reports.velocity import chosen
from crm.reports.velocity.chosen import attempts_url, handoffs_url
from crm.reports.velocity.responding import Answers, Delays, answers_by, delays_by
from crm.users.models import Organisation

Spreads3 = tuple[Spread, Spread, Spread]
COLUMNS = (
    Column("answered", "Answered", bar=True),
    Column("late", "Late", good="down", help="Answered after the deadline"),
    Column("in_time", "In time", answers.PERCENT, "Of those with a deadline", good="up"),
    Column("accepted", "Accepted", answers.PERCENT, "Accepted ÷ answered", good="up"),
    Column("routing", "Routing", answers.MINUTES, "Median from the offer until a rep had it"),
    Column("rep", "Rep", answers.MINUTES, "Median business time until the rep's answer"),
    Column("rep_p90", "9 of 10 within", answers.MINUTES, "90th percentile of the rep's time"),
    Column("contact", "First contact", answers.DAYS, "Median from the offer to the first contact"),
)
ATTEMPTS = (
    Column("handed", "Handed over"),
    Column("accepted", "Accepted"),
    Column("rejected", "Rejected"),
    Column("recycled", "Recycled"),
    Column("waiting", "Waiting"),
    Column("rate", "Accepted", answers.PERCENT, "Accepted ÷ answered"),
)


def answer(question: Question) -> Answer:
    groups = answers_by(question, question.period)
    delays = delays_by(question, question.period)
    before = answers_by(question, question.before) if question.before else None
    by = OF_HANDOFFS[question.by]
    names = DIMENSIONS[question.by].names(by.written(group) for group in groups)
    rows = []
    for group in sorted(groups, key=lambda value: -groups[value].answered):
        value = by.written(group)
        then = before.get(group, Answers()) if before is not None else None
        shown = cells(question, groups[group], delays.of(group), value, then)
        rows.append(Row(*names[value], shown))
    total = sum(groups.values(), Answers())
    then = sum(before.values(), Answers()) if before is not None else None
    total_cells = cells(question, total, delays.all, "", then)
    table = Table(
        "response", f"By {by.label.lower()}", by.label, COLUMNS, tuple(rows),
        Row("total", "Total", total_cells),
        "Routing and contact by the clock, the rep's part in business time.",
        "No handoff was answered in this period.",
    )  # fmt: skip
    return Answer(
        "response",
        question.asked,
        now(),
        Organisation.get().currency,
        (table, attempts(question)),
        figures(question, total_cells, delays),
    )


def cells(
    question: Question, found: Answers, delays: Spreads3, value: str, before: Answers | None
) -> dict[str, Cell]:
    """Return the cells of one group, or with the value "" of all."""
    routing, rep, contact = delays

    def linked(part: str, number: Any, spread: Spread | None = None, then: Any = None) -> Cell:
        there = number if spread is None else spread.rows
        url = handoffs_url(question, part, value) if there else ""
        return Cell(number, url, spread.rows if spread else None, then)

    return {
        "answered": linked(chosen.ANSWERED, found.answered, then=before and before.answered),
        "late": linked(chosen.LATE, found.late, then=before and before.late),
        "in_time": Cell(found.in_time_rate, before=before and before.in_time_rate),
        "accepted": Cell(found.accept_rate, before=before and before.accept_rate),
        "routing": linked(chosen.ROUTED, routing.in_units(MINUTE)[0], routing),
        "rep": linked(chosen.MEASURED, rep.median, rep),
        "rep_p90": Cell(rep.p90),
        "contact": linked(chosen.CONTACTED, contact.in_units(DAY)[0], contact),
    }


def attempts(question: Question) -> Table:
    """Return what became of first, second and later attempts: do recycled leads do better?"""
    counted = count_attempts(question, question.period)
    rows = tuple(
        Row(str(number), f"Attempt {number}" + (" or later" if number == chosen.MANY else ""),
            attempt_cells(question, counted[number], number))
        for number in sorted(counted)
    )  # fmt: skip
    sums = {outcome: sum(row[outcome] for row in counted.values()) for outcome in OUTCOMES}
    return Table(
        "attempts", "To and fro", "Handoff", ATTEMPTS, rows,
        Row("total", "Total", attempt_cells(question, sums, None)),
        "Handoffs opened in the period. A lead that sales gave back may be offered again.",
        "No lead was handed over in this period.",
    )  # fmt: skip


OUTCOMES = [outcome.value for outcome in Handoff.Outcome]


def count_attempts(question: Question, period: Period) -> dict[int, dict[str, int]]:
    rows = question.seen(chosen.attempts(period, None, whose=question.whose))
    found: dict[int, dict[str, int]] = {}
    for attempt, outcome, number in (
        rows.order_by().values_list("attempt", "outcome").annotate(n=Count("pk"))
    ):
        counts = found.setdefault(min(attempt, chosen.MANY), dict.fromkeys(OUTCOMES, 0))
        counts[outcome] += number
    return found


def attempt_cells(
    question: Question, counts: dict[str, int], number: int | None
) -> dict[str, Cell]:
    handed, waiting = sum(counts.values()), counts["waiting"]
    answered = handed - waiting
    found = {
        outcome: Cell(many, attempts_url(question, number, outcome) if many else "")
        for outcome, many in counts.items()
    }
    found["handed"] = Cell(handed, attempts_url(question, number) if handed else "")
    found["rate"] = Cell(counts["accepted"] / answered if answered else None)
    return found


def figures(question: Question, total: dict[str, Cell], delays: Delays) -> tuple[Figure, ...]:
    many = question.seen(chosen.to_and_fro(question.period, question.whose)).count()
    url = url_of("to-and-fro", whose=question.whose, **in_period(question.period)) if many else ""
    return (
        Figure("in_time", "Answered in time", total["in_time"], answers.PERCENT,
               "Answered by the deadline ÷ answered with one"),
        Figure("routing", "Routing delay", total["routing"], answers.MINUTES,
               "Median from the offer until a rep had the lead, by the clock", good="down"),
        Figure("rep", "Rep delay", total["rep"], answers.MINUTES,
               "Median business time from the routing to the rep's answer", good="down"),
        Figure("to_and_fro", "To and fro", Cell(many, url), answers.COUNT,
               f"Leads given back {chosen.OFTEN} times or more, the last time in the period",
               "leads given back again", good="down"),
    )  # fmt: skip

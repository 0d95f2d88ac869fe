"""The report “Velocity”: what was won and lost, how often, how fast, and where leads stand."""

from datetime import datetime

from django.db.models import Count, Min
from django.utils.timezone import now

from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.dimensions import DIMENSIONS, OF_DEALS
from crm.reports.drill import Cell as Leads
from crm.reports.durations import Stay
from crm.reports.funnel import funnel
from crm.reports.questions import PERIOD, Question, of_whom
from crm.reports.rows import url_of
from crm.reports.velocity.chosen import LOST, WON, deals_url
from crm.reports.velocity.closing import Closed, closed_by, velocity
from crm.stages import PATH, Stage
from crm.users.models import Organisation
from deals.models import Deal
from leads.models import Lead

COLUMNS = (
    Column("won", "Won", good="up", bar=True),
    Column("lost", "Lost", good="down"),
    Column("win_rate", "Win rate", answers.PERCENT, "Won ÷ won and lost", good="up"),
    Column("amount", "Won amount", answers.MONEY, good="up"),
    Column("average", "Average", answers.MONEY, "Mean amount of a won deal", no_rows=True),
    Column("cycle", "Cycle", answers.DAYS, "Median days from a deal's beginning", good="down"),
    Column("cycle_p90", "9 of 10 within", answers.DAYS, "90th percentile", good="down"),
)
STAGES = (
    Column("left", "Went on", help="First entries into the next stage in the period"),
    Column("median", "Median stay", answers.DAYS, "From this stage to the next, first times"),
    Column("p90", "9 of 10 within", answers.DAYS, "90th percentile of the stay"),
    Column("here", "Here now", help="Leads that are in this stage at this moment"),
    Column("oldest", "Longest here", answers.DAYS, "Of those that are here now"),
)


def answer(question: Question) -> Answer:
    groups, total = closed_by(question, question.period)
    before, total_before = closed_by(question, question.before) if question.before else ({}, None)
    names = DIMENSIONS[question.by].names(groups)
    ordered = sorted(groups, key=lambda value: (-groups[value].amount, -groups[value].won, value))
    rows = tuple(
        Row(
            names[value][0],
            names[value][1],
            cells(question, groups[value], value, before.get(value, Closed()) if before else None),
        )
        for value in ordered
    )
    title = "Leaderboard" if question.by == "rep" else f"By {OF_DEALS[question.by].label.lower()}"
    tables = (
        Table(
            "closed", title, OF_DEALS[question.by].label, COLUMNS, rows,
            Row("total", "Total", cells(question, total, "", total_before)),
            empty="No deal was closed in this period.",
        ),
        time_in_stage(question),
    )  # fmt: skip
    return Answer(
        "velocity",
        question.asked,
        now(),
        Organisation.get().currency,
        tables,
        figures(question, total, total_before),
        notes=notes(total),
    )


def cells(question: Question, found: Closed, value: str, before: Closed | None) -> dict[str, Cell]:
    """Return the cells of one group, or with the value "" of all."""
    days, p90 = found.cycle_days
    won_url = deals_url(question, WON, value) if found.won else ""
    then, days_then = before, before.cycle_days if before else (None, None)
    return {
        "won": Cell(found.won, won_url, before=then.won if then else None),
        "lost": Cell(
            found.lost,
            deals_url(question, LOST, value) if found.lost else "",
            before=then.lost if then else None,
        ),
        "win_rate": Cell(found.win_rate, before=then.win_rate if then else None),
        "amount": Cell(
            found.amount,
            deals_url(question, WON, value, own_currency=True) if found.amount else "",
            before=then.amount if then else None,
        ),
        "average": Cell(found.average),
        "cycle": Cell(days, won_url if days is not None else "", found.cycle.rows, days_then[0]),
        "cycle_p90": Cell(p90, before=days_then[1]),
    }


def figures(question: Question, found: Closed, before: Closed | None) -> tuple[Figure, ...]:
    open_deals = question.seen(Deal.objects.open().filter(of_whom(question.whose)))
    then = cells(question, before, "", None) if before else {}
    now_cells = cells(question, found, "", None)

    def cell(key: str) -> Cell:
        one = now_cells[key]
        return Cell(one.value, one.url, one.rows, then[key].value if then else None)

    pace = velocity(found, open_deals.count())
    return (
        Figure("win_rate", "Win rate", cell("win_rate"), answers.PERCENT,
               "Won ÷ won and lost deals of the period", f"of {found.closed} closed"),
        Figure("cycle", "Cycle", cell("cycle"), answers.DAYS,
               "Median days from a deal's beginning to its winning", "median", good="down"),
        Figure("average", "Average deal", cell("average"), answers.MONEY,
               "Mean amount of the won deals", no_rows=True),
        Figure("velocity", "Velocity a day", Cell(pace), answers.MONEY,
               "Open deals × win rate × average deal ÷ cycle in days", "at this rate",
               no_rows=True),
    )  # fmt: skip


def time_in_stage(question: Question) -> Table:
    """Return how long leads stayed in each stage, and how many stand there now."""
    asked = Question(question.period, PERIOD, "channel", question.user, whose=question.whose)
    found = funnel(asked)
    standing = {stage: (many, since) for stage, many, since in of_now(question)}
    rows = []
    for stage, after in zip(PATH, [*PATH[1:], None], strict=True):
        many, since = standing.get(stage, (0, None))
        left = found.total.counts[after] if after else None
        stay = found.stays.get(after, Stay()) if after else Stay()
        rows.append(
            Row(
                stage.value,
                stage.label,
                {
                    "left": Cell(left, entries_url(question, after) if left else ""),
                    "median": Cell(stay.median),
                    "p90": Cell(stay.p90),
                    "here": Cell(many, standing_url(question, stage) if many else ""),
                    "oldest": Cell((now() - since).total_seconds() / 86400 if since else None),
                },
            )
        )
    about = "How long leads took from one stage to the next, and how many wait in each."
    return Table("stages", "Time in stage", "Stage", STAGES, tuple(rows), about=about)


def of_now(question: Question) -> list[tuple[str, int, datetime]]:
    leads = question.seen(Lead.objects.filter(of_whom(question.whose), stage__in=PATH))
    rows = leads.order_by().values_list("stage")
    return list(rows.annotate(n=Count("pk"), since=Min("stage_since")))


def entries_url(question: Question, stage: Stage | None) -> str:
    if stage is None:
        return ""
    return Leads(stage, counting=PERIOD, period=question.period, whose=question.whose).url


def standing_url(question: Question, stage: Stage) -> str:
    return url_of("standing-in", stage=stage.value, whose=question.whose)


def notes(found: Closed) -> tuple[str, ...]:
    others = found.won - found.counted
    if not others:
        return ()
    said = "deal is" if others == 1 else "deals are"
    return (f"{others} won {said} in another currency and in no amount.",)

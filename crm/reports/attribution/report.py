"""The report “Attribution”: what was won by channel or campaign, six models side by side."""

from typing import Any

from django.utils.timezone import now

from crm.common.formats import major
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Chart, Column, Figure, Row, Table
from crm.reports.attribution import chosen
from crm.reports.attribution.chosen import OPEN, WON, deals_url
from crm.reports.attribution.counting import UNATTRIBUTED, WHOLE, Share, share_out
from crm.reports.attribution.journeys import owed
from crm.reports.attribution.shares import LABELS, MODELS
from crm.reports.dimensions import DIMENSIONS
from crm.reports.questions import Question
from crm.users.models import Organisation

HELP = {
    "first": "All to the first touch",
    "last": "All to the last touch before the close",
    "linear": "The same to every touch",
    "decay": "Half as much for every seven days before the close",
    "u": "40 % first, 40 % last, 20 % in between",
    "w": "30 % each: first, MQL, opportunity; 10 % others",
}
SHOWN_IN_CHART = 8
Groups = dict[str, Share]


def columns(kind: str) -> tuple[Column, ...]:
    models = [Column(m, LABELS[m], kind, HELP[m], good="up", no_rows=True) for m in MODELS]
    return (Column("touched", "Deals", help="Deals with a touch there"), *models)


def answer(question: Question) -> Answer:
    """Answer with what was won, in money and in deals, and with what is open."""
    currency = Organisation.get().currency
    won = shared(question, WON, currency)
    before = shared(question, WON, currency, before=True) if question.before else None
    pipeline = shared(question, OPEN, currency)
    names = DIMENSIONS[question.by].names({*won, *pipeline} - {UNATTRIBUTED})
    named = {**names, UNATTRIBUTED: ("(unattributed)", "Unattributed")}
    money = table(question, "revenue", "Won revenue", won, named, before=before)
    tables = (
        money,
        table(question, "deals", "Won deals", won, named, before=before),
        table(question, "pipeline", "Open pipeline", pipeline, named),
    )
    return Answer(
        "attribution",
        question.asked,
        now(),
        currency,
        tables,
        figures(question, won, pipeline),
        (chart(money),) if any(s.money["first"] for s in won.values()) else (),
        NOTES,
    )


NOTES = (
    "Every deal’s shares total 100 %. A lead without any touch counts for what brought it in; "
    "a deal of which nothing is known stays unattributed.",
)


def shared(question: Question, part: str, currency: str, *, before: bool = False) -> Groups:
    period = question.before if before and question.before else question.period
    deals = question.seen(chosen.owed_deals(period, part, question.whose))
    return share_out(owed(deals), question.by, currency)


def table(
    question: Question,
    key: str,
    title: str,
    groups: Groups,
    named: dict[str, tuple[str, str]],
    *,
    before: Groups | None = None,
) -> Table:
    """Return a table with a row for each group, the largest by the linear model first."""
    in_deals, part = key == "deals", OPEN if key == "pipeline" else WON
    kind = answers.NUMBER if in_deals else answers.MONEY
    order = sorted(
        groups,
        key=lambda value: (value == UNATTRIBUTED, -number(groups[value], "linear", in_deals)),
    )
    rows = tuple(
        Row(*named[value], cells(question, groups[value], value, part, in_deals, before))
        for value in order
    )
    total = Row("total", "Total", total_cells(question, groups, part, in_deals))
    label = DIMENSIONS[question.by].label
    about = "" if in_deals else "In the organisation’s currency; the models differ in the shares."
    return Table(key, title, label, columns(kind), rows, total, about)


def number(share: Share, model: str, in_deals: bool) -> float:
    return share.deals[model] / WHOLE if in_deals else share.money[model]


def cells(
    question: Question, share: Share, value: str, part: str, in_deals: bool, before: Groups | None
) -> dict[str, Cell]:
    url = deals_url(question, part, value) if share.touched else ""
    then = before.get(value, Share()) if before is not None else None
    found = {"touched": Cell(share.touched, url, before=then.touched if then else None)}
    for model in MODELS:
        past = number(then, model, in_deals) if then else None
        found[model] = Cell(number(share, model, in_deals), before=past)
    return found


def total_cells(question: Question, groups: Groups, part: str, in_deals: bool) -> dict[str, Cell]:
    """Return the sums. Deals are counted once, also those that touched several groups."""
    deals = sum(share.deals["first"] for share in groups.values()) // WHOLE
    found = {"touched": Cell(deals, deals_url(question, part) if deals else "")}
    for model in MODELS:
        sums: Any = sum(
            share.deals[model] if in_deals else share.money[model] for share in groups.values()
        )
        found[model] = Cell(sums / WHOLE if in_deals else sums)
    return found


def figures(question: Question, won: Groups, pipeline: Groups) -> tuple[Figure, ...]:
    revenue = sum(share.money["first"] for share in won.values())
    unknown, open_sum = won[UNATTRIBUTED], sum(s.money["first"] for s in pipeline.values())
    deals = sum(share.deals["first"] for share in won.values()) // WHOLE
    return (
        Figure("won", "Won revenue", linked(question, WON, revenue), answers.MONEY),
        Figure("deals", "Won deals", Cell(deals, deals_url(question, WON) if deals else "")),
        Figure(
            "unattributed",
            "Unattributed",
            Cell(
                unknown.touched,
                deals_url(question, WON, UNATTRIBUTED) if unknown.touched else "",
            ),
            help="Won deals without any touch, channel or campaign",
            hint="deals of which nothing is known",
            good="down",
        ),
        Figure("pipeline", "Open pipeline", linked(question, OPEN, open_sum), answers.MONEY),
    )


def linked(question: Question, part: str, amount: int) -> Cell:
    return Cell(amount, deals_url(question, part, own_currency=True) if amount else "")


def chart(money: Table) -> Chart:
    """Return the models side by side for the largest groups."""
    rows = [row for row in money.rows if any(row.value(m) for m in MODELS)][:SHOWN_IN_CHART]
    currency = Organisation.get().currency
    series = [
        {
            "label": LABELS[model],
            "type": "bar",
            "colour": f"--series-{place}",
            "values": [float(major(row.value(model), currency)) for row in rows],
        }
        for place, model in enumerate(MODELS, start=1)
    ]
    data = {"labels": [row.label for row in rows], "series": series}
    return Chart("models", "Six models side by side", data, money.key)

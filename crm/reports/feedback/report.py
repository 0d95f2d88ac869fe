"""The report “Feedback”: reasons as heat tables, acceptance, good leads, disputes.

Source: docs/metrics.md#feedback.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.utils.timezone import now

from crm.funnel.models import Reason
from crm.reports import answers
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.dimensions import DIMENSIONS, Named
from crm.reports.feedback import chosen
from crm.reports.feedback.chosen import AGAINST_IT, LOST, handed_url, verdicts_url
from crm.reports.feedback.counting import (
    Feedback,
    Said,
    feedback_by,
    lost_reasons,
    reasons,
    together,
)
from crm.reports.questions import Question
from crm.users.models import Organisation

COLUMNS = (
    Column("handed", "Handed over", bar=True, help="Handoffs opened in the period"),
    Column("accepted", "Accepted", good="up"),
    Column("rejected", "Rejected", good="down"),
    Column("recycled", "Recycled"),
    Column("waiting", "Pending", help="No answer yet: in no rate"),
    Column("accept_rate", "Accept rate", answers.PERCENT, "Accepted ÷ answered", good="up"),
    Column("good", "Good leads", help="Said when the deal closed", good="up"),
    Column("not_good", "Not good", good="down"),
    Column("good_rate", "Good-lead rate", answers.PERCENT, "Good ÷ good and not good", good="up"),
    Column("disputed", "Disputed", help="Verdicts that marketing objected to"),
    Column("overturned", "Overturned", help="Disputes in which marketing was right"),
)
OUTCOMES = {"handed": "", "accepted": "accepted", "rejected": "rejected", "recycled": "recycled",
            "waiting": "waiting"}  # fmt: skip
SAID = {"good": chosen.GOOD, "not_good": chosen.NOT_GOOD, "disputed": chosen.DISPUTED,
        "overturned": chosen.OVERTURNED}  # fmt: skip
SIDES = (
    Column("count", "Given back", bar=True),
    Column("share", "Share", answers.PERCENT),
    Column("disputed", "Disputed"),
    Column("upheld", "Sales was right"),
    Column("overturned", "Marketing was right"),
)
WIDEST = 8
"""Groups that a heat table shows, those with the most."""


def answer(question: Question) -> Answer:
    groups = feedback_by(question, question.period)
    before = feedback_by(question, question.before) if question.before else None
    given_back, lost = reasons(question), lost_reasons(question)
    values = {*groups, *(value for one in [*given_back, *lost] for value in one.groups)}
    names = DIMENSIONS[question.by].names(values)
    main = breakdown(question, groups, before, names)
    return Answer(
        "feedback",
        question.asked,
        now(),
        Organisation.get().currency,
        (
            main,
            heat(question, "reasons", "Why leads were given back", given_back, names),
            by_side(question, given_back),
            heat(question, "lost", "Why deals were lost", lost, names),
        ),
        figures(question, main.total),
        notes=("Reasons are of the verdicts given in the period; one taken back counts nowhere.",),
    )


# By group -----------------------------------------------------------------------------------------


def breakdown(
    question: Question,
    groups: dict[str, Feedback],
    before: dict[str, Feedback] | None,
    names: Named,
) -> Table:
    label = DIMENSIONS[question.by].label
    rows = []
    for value in sorted(groups, key=lambda value: (-groups[value].handed, names[value])):
        then = before.get(value, Feedback()) if before is not None else None
        rows.append(Row(*names[value], cells(question, groups[value], value, then)))
    then = together(before.values()) if before is not None else None
    total = Row("total", "Total", cells(question, together(groups.values()), "", then))
    return Table(
        "feedback", f"By {label.lower()}", label, COLUMNS, tuple(rows), total,
        "Handoffs opened in the period, and the verdicts given in it.",
        "No lead was handed over in this period.",
    )  # fmt: skip


def cells(
    question: Question, found: Feedback, value: str, before: Feedback | None
) -> dict[str, Cell]:
    def cell(name: str) -> Cell:
        number = getattr(found, name)
        then = getattr(before, name) if before else None
        if not number or name not in {*OUTCOMES, *SAID}:
            return Cell(number, before=then)
        if name in OUTCOMES:
            return Cell(number, handed_url(question, OUTCOMES[name], value), before=then)
        return Cell(number, verdicts_url(question, SAID[name], value), before=then)

    return {column.key: cell(column.key) for column in COLUMNS}


# Reasons ------------------------------------------------------------------------------------------


def heat(question: Question, key: str, title: str, said: list[Said], names: Named) -> Table:
    """Return how often each reason was given for each group, the largest groups side by side."""
    sums: Counter[str] = Counter()
    for one in said:
        sums.update(one.groups)
    shown = sorted(sums, key=lambda value: (-sums[value], names[value]))[:WIDEST]
    label = DIMENSIONS[question.by].label.lower()
    columns = (
        Column("total", "All"),
        *(Column(f"group-{value}", names[value][1]) for value in shown),
    )
    rows = tuple(reason_row(question, key, one, shown) for one in said)
    about = f"How often each reason was given, by {label}: the darker, the more often."
    if len(sums) > WIDEST:
        about += f" The {WIDEST} with the most are shown; “All” counts every one."
    return Table(key, title, "Reason", columns, rows, None, about, "No reason was given in this "
                 "period.", heat=True)  # fmt: skip


def reason_row(question: Question, key: str, one: Said, shown: Iterable[str]) -> Row:
    part = AGAINST_IT if key == "reasons" else LOST
    which: dict[str, Any] = (
        {"reason": one.reason or "none"} if key == "reasons" else {"said": one.reason or "none"}
    )

    def cell(number: int, value: str = "") -> Cell:
        return Cell(number, verdicts_url(question, part, value, **which) if number else "")

    found = {f"group-{value}": cell(one.groups.get(value, 0), value) for value in shown}
    return Row(f"{key}-{one.reason or 'none'}", one.name, {"total": cell(one.total), **found})


def by_side(question: Question, said: list[Said]) -> Table:
    """Return who is to mend the causes, and how often marketing objected."""
    labels, total = dict(Reason.Side.choices), total_of(said)
    sides: dict[str, list[Said]] = {}
    for one in said:
        sides.setdefault(one.side, []).append(one)
    rows = [
        side_row(question, side, labels.get(side, "No reason"), of_side, total)
        for side, of_side in sorted(sides.items(), key=lambda pair: -total_of(pair[1]))
    ]
    return Table(
        "sides", "Who is to mend it", "Side", SIDES, tuple(rows), None,
        "The side that each reason names, and the disputes of these verdicts.",
        "No lead was given back in this period.",
    )  # fmt: skip


def side_row(question: Question, side: str, label: str, said: list[Said], total: int) -> Row:
    many, side = total_of(said), side or "none"
    found = {"count": Cell(many, verdicts_url(question, AGAINST_IT, side=side)),
             "share": Cell(many / total if total else None)}  # fmt: skip
    for part in (chosen.DISPUTED, chosen.UPHELD, chosen.OVERTURNED):
        number = sum(getattr(one, part) for one in said)
        url = verdicts_url(question, part, side=side) if number else ""
        found[part] = Cell(number, url)
    return Row(side, label, found)


def total_of(said: Iterable[Said]) -> int:
    return sum(one.total for one in said)


def figures(question: Question, total: Row | None) -> tuple[Figure, ...]:
    assert total is not None
    shown = total.cells
    return (
        Figure("accept_rate", "Accept rate", shown["accept_rate"], answers.PERCENT,
               "Accepted ÷ answered handoffs of the period"),
        Figure("waiting", "Pending", shown["waiting"], hint="no answer yet", good="down"),
        Figure("good_rate", "Good-lead rate", shown["good_rate"], answers.PERCENT,
               "“Was this a good lead?” of deals closed in the period"),
        Figure("disputed", "Disputed", shown["disputed"], hint="verdicts", good="down"),
    )  # fmt: skip

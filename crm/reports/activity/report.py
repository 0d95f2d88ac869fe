"""The report “Activity”: what each seller did, what came of it, and how much it takes to win."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.common.periods import Period
from crm.reports import answers
from crm.reports.activity import chosen
from crm.reports.activity.chosen import CONTACTS, REACHED, activities_url, outcome_url
from crm.reports.answers import Answer, Cell, Column, Figure, Row, Table
from crm.reports.dimensions import DIMENSIONS, OF_ACTIVITIES, OF_DEALS
from crm.reports.questions import Question
from crm.reports.velocity import chosen as closed
from crm.reports.velocity.chosen import ACCEPTED, WON, deals_url, handoffs_url
from crm.reports.velocity.responding import Answers, answers_by
from crm.users.models import Organisation
from leads.models import Lead

KINDS = [kind.value for kind in Activity.Kind]
COLUMNS = (
    Column("contacts", "Contacts", help="All activities but notes", good="up", bar=True),
    Column("call", "Calls", good="up"),
    Column("reached", "Reached", help="Calls that reached somebody", good="up"),
    Column("email", "E-mails", good="up"),
    Column("meeting", "Meetings", good="up"),
    Column("demo", "Demos", good="up"),
    Column("negotiation", "Negotiations", good="up"),
    Column("note", "Notes"),
    Column("accepted", "Leads accepted", good="up"),
    Column("won", "Deals won", good="up"),
    Column("per_won", "Contacts per win", answers.NUMBER, "Contacts ÷ deals won", good="down"),
)
OUTCOMES = (
    Column("count", "Activities", bar=True),
    Column("share", "Share", answers.PERCENT),
)


@dataclass(frozen=True)
class Done:
    """What one group did, by kind, and what came of it."""

    kinds: dict[str, int]
    reached: int = 0
    contacts: int = 0
    accepted: int = 0
    won: int = 0

    @property
    def per_won(self) -> float | None:
        return self.contacts / self.won if self.won else None


def answer(question: Question) -> Answer:
    groups = done_by(question, question.period)
    before = done_by(question, question.before) if question.before else None
    by = OF_ACTIVITIES[question.by]
    names = DIMENSIONS[question.by].names(by.written(group) for group in groups)
    rows = []
    for group in sorted(groups, key=lambda one: (-groups[one].contacts, str(one))):
        value = by.written(group)
        then = before.get(group, NOTHING) if before is not None else None
        rows.append(Row(*names[value], cells(question, groups[group], value, then)))
    total = together(list(groups.values()))
    then = together(list(before.values())) if before is not None else None
    table = Table(
        "activity", f"By {by.label.lower()}", by.label, COLUMNS, tuple(rows),
        Row("total", "Total", cells(question, total, "", then)),
        "What was logged in the period, and the leads accepted and deals won in it.",
        "Nothing was logged in this period.",
    )  # fmt: skip
    said = tuple(outcome_table(question, kind) for kind in (Activity.Kind.CALL, Activity.Kind.DEMO))
    return Answer(
        "activity",
        question.asked,
        now(),
        Organisation.get().currency,
        (table, *said),
        figures(question, total, then),
    )


def seen(question: Question, rows: Any) -> Any:
    return rows.filter(lead__in=Lead.objects.visible_to(question.user)) if question.user else rows


def done_by(question: Question, period: Period) -> dict[Any, Done]:
    """Return what each group did in the period, in three queries."""
    rows = OF_ACTIVITIES[question.by].grouped(
        seen(question, chosen.done(period, whose=question.whose))
    )
    counts = {kind: Count("pk", filter=chosen.PARTS[kind]) for kind in KINDS}
    counts |= {"reached": Count("pk", filter=REACHED), "contacts": Count("pk", filter=CONTACTS)}
    named = {f"n_{name}": count for name, count in counts.items()}
    found = {
        group: dict(zip(counts, numbers, strict=True))
        for group, *numbers in rows.order_by().values_list("group").annotate(**named)
    }
    taken, won = answers_by(question, period), won_by(question, period)
    return {
        group: done(found.get(group, {}), taken.get(group, Answers()), won.get(group, 0))
        for group in {*found, *taken, *won}
    }


def done(counts: dict[str, int], taken: Answers, won: int) -> Done:
    return Done(
        {kind: counts.get(kind, 0) for kind in KINDS},
        counts.get("reached", 0),
        counts.get("contacts", 0),
        taken.accepted,
        won,
    )


def won_by(question: Question, period: Period) -> dict[Any, int]:
    deals = question.seen(closed.closed(period, WON, question.whose))
    rows = OF_DEALS[question.by].grouped(deals).order_by().values_list("group")
    return dict(rows.annotate(n=Count("pk")))


NOTHING = Done(dict.fromkeys(KINDS, 0))


def together(parts: list[Done]) -> Done:
    return Done(
        {kind: sum(part.kinds[kind] for part in parts) for kind in KINDS},
        sum(part.reached for part in parts),
        sum(part.contacts for part in parts),
        sum(part.accepted for part in parts),
        sum(part.won for part in parts),
    )


def cells(question: Question, found: Done, value: str, before: Done | None) -> dict[str, Cell]:
    """Return the cells of one group, or with the value "" of all."""

    def counted(part: str, number: int, then: int | None) -> Cell:
        return Cell(number, activities_url(question, part, value) if number else "", before=then)

    shown = {
        kind: counted(kind, number, before.kinds[kind] if before else None)
        for kind, number in found.kinds.items()
    }
    taken = handoffs_url(question, ACCEPTED, value) if found.accepted else ""
    won = deals_url(question, WON, value) if found.won else ""
    return shown | {
        "contacts": counted("contacts", found.contacts, before.contacts if before else None),
        "reached": counted("reached", found.reached, before.reached if before else None),
        "accepted": Cell(found.accepted, taken, before=before and before.accepted),
        "won": Cell(found.won, won, before=before and before.won),
        "per_won": Cell(found.per_won, before=before and before.per_won),
    }


def outcome_table(question: Question, kind: Activity.Kind) -> Table:
    """Return how calls ended, or how demos were received."""
    is_call = kind == Activity.Kind.CALL
    column = "outcome" if is_call else "reaction"
    labels = dict((Activity.Outcome if is_call else Activity.Reaction).choices)
    rows = seen(question, chosen.done(question.period, kind, question.whose)).order_by()
    counts = dict(rows.values_list(column).annotate(n=Count("pk")))
    whole = sum(counts.values())
    shown = tuple(
        Row(said or "none", str(labels.get(said, "Not noted")), {
            "count": Cell(counts[said], outcome_url(question, kind, said or "-")),
            "share": Cell(counts[said] / whole),
        })
        for said in sorted(counts, key=lambda said: (-counts[said], said))
    )  # fmt: skip
    title = "How calls ended" if is_call else "How demos were received"
    empty = "No calls in this period." if is_call else "No demos in this period."
    return Table(kind.value, title, "Outcome", OUTCOMES, shown, empty=empty)


def figures(question: Question, found: Done, before: Done | None) -> tuple[Figure, ...]:
    shown = cells(question, found, "", before)
    calls, reached = found.kinds["call"], found.reached
    then = before.reached / before.kinds["call"] if before and before.kinds["call"] else None
    rate = Cell(reached / calls if calls else None, before=then)
    return (
        Figure("contacts", "Contacts", shown["contacts"], help="All activities but notes"),
        Figure("reach", "Reached by call", rate, answers.PERCENT, "Calls that reached ÷ calls"),
        Figure("per_won", "Contacts per win", shown["per_won"], answers.NUMBER,
               "Contacts of the period ÷ deals won in it", good="down"),
        Figure("won", "Deals won", shown["won"]),
    )  # fmt: skip

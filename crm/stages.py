"""The shared funnel's vocabulary: the stages, their order, and the moves between them.

Pure: nothing here knows the database. Source: docs/glossary.md, docs/metrics.md#stages.
"""

from django.db.models import TextChoices


class Stage(TextChoices):
    """A lead's place in the funnel that marketing and sales share."""

    LEAD = "lead", "Lead"
    MQL = "mql", "MQL"
    SAL = "sal", "SAL"
    SQL = "sql", "SQL"
    OPPORTUNITY = "opportunity", "Opportunity"
    CUSTOMER = "customer", "Customer"
    RECYCLED = "recycled", "Recycled"
    DISQUALIFIED = "disqualified", "Disqualified"
    LOST = "lost", "Lost"


PATH = (Stage.LEAD, Stage.MQL, Stage.SAL, Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER)
"""The way forward, in order. The other stages are ways out of it."""

OUT = {Stage.RECYCLED, Stage.DISQUALIFIED}
WITH_SALES = {Stage.SAL, Stage.SQL, Stage.OPPORTUNITY}
"""Stages in which a rep works the lead; marketing's nurture keeps still."""

MOVES: dict[Stage, set[Stage]] = {
    Stage.LEAD: {Stage.MQL, Stage.DISQUALIFIED},
    Stage.MQL: {Stage.SAL} | OUT,
    Stage.SAL: {Stage.SQL} | OUT,
    Stage.SQL: {Stage.OPPORTUNITY} | OUT,
    Stage.OPPORTUNITY: {Stage.CUSTOMER, Stage.LOST} | OUT,
    Stage.CUSTOMER: {Stage.OPPORTUNITY},
    Stage.LOST: {Stage.OPPORTUNITY} | OUT,
    Stage.RECYCLED: {Stage.MQL, Stage.DISQUALIFIED},
    Stage.DISQUALIFIED: set(),
}

EXPLANATIONS = {
    Stage.LEAD: "A person we may sell to. Marketing's to nurture.",
    Stage.MQL: "Marketing-qualified: met the MQL definition and was offered to sales.",
    Stage.SAL: "Sales-accepted: a rep took the lead.",
    Stage.SQL: "Sales-qualified: a rep confirmed the need.",
    Stage.OPPORTUNITY: "A deal is open.",
    Stage.CUSTOMER: "A deal was won.",
    Stage.RECYCLED: "Back with marketing; may qualify again on new evidence.",
    Stage.DISQUALIFIED: "Never going to buy. Out of the funnel for good.",
    Stage.LOST: "The deal was lost. May be recycled.",
}


class MoveNotAllowed(ValueError):
    """The funnel has no arrow between the two stages."""


def check_move(old: Stage, new: Stage) -> None:
    """Raise MoveNotAllowed unless the funnel has an arrow from `old` to `new`."""
    if new not in MOVES[old]:
        raise MoveNotAllowed(f"{old.label} → {new.label} is not a move of the funnel.")


def passed(old: Stage | None, new: Stage) -> list[Stage]:
    """Return the stages of the path that a move from `old` to `new` reaches, `new` last.

    old: the stage before, None for a lead that is just created
    A move that leaps (an imported deal makes an MQL a customer) passes every stage in between;
    all but the last are *implied*. A way out passes nothing but itself.
    """
    if new not in PATH:
        return [new]
    start = PATH.index(old) + 1 if old in PATH else 0
    return list(PATH[start : PATH.index(new)]) + [new]

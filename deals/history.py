"""What the history of a deal says: each edit from what to what. Stored as data, told in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crm.common import formats
from deals.models import Deal, DealMove

WORDS = {
    "name": "Name",
    "amount_minor": "Amount",
    "currency": "Currency",
    "close_on": "Expected close",
    "owner": "Owner",
    "company": "Company",
    "competitor": "Competitor",
    "notes": "Notes",
}
"""What may be edited, and its name in the history."""

SNOOZED = "snoozed_until"
LABELS = WORDS | {
    SNOOZED: "Rotting put off until",
    "contact": "Contact",
    "need": "Need",
    "budget": "Budget",
    "authority": "Authority",
    "timing": "Timing",
    "checked": "Checklist",
    "file": "File",
}
NOTHING = "–"

Change = dict[str, Any]
"""{"field", "old", "new"}: an amount is [minor, currency], a day or moment ISO, the rest words."""


@dataclass(frozen=True)
class Line:
    """One field of an edit, before and after; both "" where only that it changed counts."""

    label: str
    old: str
    new: str

    def __str__(self) -> str:
        if not (self.old or self.new):
            return f"{self.label}: " + _("changed")
        return f"{self.label}: {self.old or NOTHING} → {self.new or NOTHING}"


@dataclass(frozen=True)
class Entry:
    """One step of the history: a move, a close, or an edit with its lines."""

    move: DealMove
    lines: list[Line]

    @property
    def note(self) -> str:
        """The note, unless it only repeats the lines in one sentence."""
        return "" if self.move.note == told(self.move.changes) else self.move.note


def changes_of(deal: Deal, values: dict[str, Any]) -> list[Change]:
    """Return what `values` would make different, as data; a currency goes with its amount."""
    found = []
    for field, new in values.items():
        old = getattr(deal, field)
        if field == "currency":
            if "amount_minor" not in values:
                amount = deal.amount_minor
                found.append(change("amount_minor", [amount, old], [amount, new]))
            continue
        if field == "amount_minor":
            code = values.get("currency", deal.currency)
            found.append(change(field, [old, deal.currency], [new, code]))
        elif field == "notes":
            found.append(change(field, None, None))
        else:
            found.append(change(field, plain(old), plain(new)))
    return found


def change(field: str, old: Any, new: Any) -> Change:
    return {"field": field, "old": old, "new": new}


def plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if value else None


def told(changes: Iterable[Change]) -> str:
    """Say all changes in one sentence."""
    return "; ".join(map(str, lines_of(changes)))


def lines_of(changes: Iterable[Change]) -> list[Line]:
    return [
        Line(LABELS[c["field"]], said(c["field"], c["old"]), said(c["field"], c["new"]))
        for c in changes
    ]


def said(field: str, value: Any) -> str:
    """Write a stored value for people."""
    if not value:
        return ""
    if field == "amount_minor":
        return str(formats.money(*value))
    if field == "close_on":
        return str(formats.day(date.fromisoformat(value)))
    if field == SNOOZED:
        return str(formats.day(localtime(datetime.fromisoformat(value)).date()))
    return str(value)


def entries(moves: Iterable[DealMove]) -> list[Entry]:
    """Return the steps of a history with what their edits changed."""
    return [Entry(move, lines_of(move.changes)) for move in moves]

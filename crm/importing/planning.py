"""One row of a file, understood: the values of its cells, its history, its problems. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.timezone import localdate

from crm.importing import history, values
from crm.importing.fields import Field, field_named
from crm.importing.models import Import
from crm.importing.reading import Raw
from crm.importing.values import Context
from crm.stages import Stage
from leads.names import joined

ERROR, WARNING = "error", "warning"
MAY_BE_LEFT = {"phone", "more_phones", "more_emails"}
"""Fields without which a row is taken, where they cannot be read."""
BLANK = {"", "(none)", "n/a"}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, in words. An error refuses the row, a warning does not."""

    line: int
    level: str
    message: str
    field: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.line, "level": self.level, "message": self.message, "field": self.field,
        }  # fmt: skip


@dataclass
class Row:
    """One planned row. `values` holds what the file says, blanks left out; `dates` its history."""

    line: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    dates: dict[Stage, datetime] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(problem.level == ERROR for problem in self.problems)

    def refuse(self, message: str, name: str = "") -> None:
        self.problems.append(Problem(self.line, ERROR, message, name))

    def warn(self, message: str, name: str = "") -> None:
        self.problems.append(Problem(self.line, WARNING, message, name))


class Planner:
    """Reads the mapped cells of each row."""

    def __init__(
        self, kind: str, mapping: dict[str, str], columns: list[str], context: Context
    ) -> None:
        self.kind = kind
        self.context = context
        self.parts: list[tuple[Field, int]] = []
        for name, column in mapping.items():
            found = field_named(kind, name)
            if found is not None:
                self.parts.append((found, columns.index(column)))

    def plan(self, raws: Iterable[Raw]) -> list[Row]:
        return [self.plan_row(raw) for raw in raws]

    def plan_row(self, raw: Raw) -> Row:
        row = Row(raw.line, raw.cells)
        if raw.fault:
            row.refuse(raw.fault)
            return row
        for part, index in self.parts:
            cell = raw.cells[index] if index < len(raw.cells) else ""
            if cell.strip().lower() not in BLANK:
                self.read(row, part, cell)
        CHECKS[self.kind](row, self.context)
        return row

    def read(self, row: Row, part: Field, cell: str) -> None:
        """Take one cell into the row, or note why it cannot be taken."""
        try:
            value = part.parse(cell, self.context)
        except ValueError as fault:
            if part.name in MAY_BE_LEFT:
                row.warn(f"{fault} Left blank.", part.name)
            else:
                row.refuse(str(fault), part.name)
            return
        if part.stage:
            row.dates[part.stage] = value
        elif value != "":
            row.values[part.name] = value


def check_lead(row: Row, context: Context) -> None:
    """Refuse a lead that nothing names; warn of a history that does not add up."""
    got = row.values
    if "name" not in got and (
        whole := joined(got.get("given_name", ""), got.get("family_name", ""))
    ):
        got["name"] = whole
    named = got.get("external_id") or got.get("email") or got.get("name")
    if not (named or row.refused):
        row.refuse("It has no external ID, no e-mail and no name.")
    if "email" in got and values.mixes_alphabets(got["email"]):
        row.warn("The e-mail's domain mixes letters of two alphabets.", "email")
    if pair := history.out_of_order(row.dates):
        row.warn(f"{pair[1].label} is dated before {pair[0].label}.", f"{pair[1].value}_at")


def check_order(row: Row, name: str, context: Context) -> None:
    """Refuse a deal that ends on a day before it is opened; on that very day it ends after it."""
    opened, closed = row.values["created_at"], row.values[name]
    if localdate(closed, context.zone) < localdate(opened, context.zone):
        row.refuse("It is closed before it is opened.", name)
    row.values[name] = max(opened, closed)


def check_deal(row: Row, context: Context) -> None:
    """Read the amount in the row's currency; refuse a deal that is both won and lost."""
    got = row.values
    if "lead" not in got and not row.refused:
        row.refuse("It names no lead.", "lead")
    if "won_at" in got and "lost_at" in got:
        row.refuse("It is both won and lost.", "won_at")
    for name in ("won_at", "lost_at"):
        if name in got and "created_at" in got:
            check_order(row, name, context)
    if "amount" in got:
        try:
            code = got.get("currency", context.currency)
            got["amount"] = values.amount(got["amount"], code, context.decimal_sign)
        except ValueError as fault:
            row.refuse(str(fault), "amount")


def check_spend(row: Row, context: Context) -> None:
    """Refuse spend that does not say of what, when and how much."""
    check_says(row, SPEND_SAYS)
    if "day" in row.values and row.values["day"] > context.now.astimezone(context.zone).date():
        row.warn("It is dated in the future.", "day")


def check_touch(row: Row, context: Context) -> None:
    """Refuse a touch that does not say whose it is, what it was and when."""
    check_says(row, TOUCH_SAYS)


def check_says(row: Row, needed: dict[str, str]) -> None:
    """Refuse a row that lacks one of the fields, with what to say of it."""
    for name, missing in needed.items():
        if name not in row.values and not row.refused:
            row.refuse(missing, name)


def check_week(row: Row, context: Context) -> None:
    """Refuse a week without a day, without a place, or without any number."""
    got = row.values
    if "week" not in got and not row.refused:
        row.refuse("It names no week.", "week")
    if not row.refused and not ("channel" in got or "campaign" in got):
        row.refuse("It names no channel and no campaign.", "channel")
    if not row.refused and not got.keys() - {"week", "channel", "campaign"}:
        row.refuse("It has no number.")


SPEND_SAYS = {
    "campaign": "It names no campaign.",
    "day": "It has no day.",
    "amount": "It has no amount.",
}
TOUCH_SAYS = {
    "lead": "It names no lead.",
    "kind": "It does not say what the lead did.",
    "at": "It has no date.",
}
CHECKS: dict[str, Callable[[Row, Context], None]] = {
    Import.Kind.LEADS: check_lead,
    Import.Kind.DEALS: check_deal,
    Import.Kind.SPEND: check_spend,
    Import.Kind.METRICS: check_week,
    Import.Kind.TOUCHES: check_touch,
}

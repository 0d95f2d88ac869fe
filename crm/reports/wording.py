"""How an answer's values are written, in pages, mails and on the command line alike."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from crm.common import formats
from crm.reports import answers
from crm.reports.answers import Cell

WHOLE_FROM = 1000
WRITERS: dict[str, Callable[[Any], str]] = {
    answers.PERCENT: lambda value: formats.percent(value, 1),
    answers.MINUTES: lambda value: formats.duration(round(value * 60)),
    answers.DAYS: lambda value: _("%s d") % formats.number(value, 1),
    answers.NUMBER: lambda value: formats.number(value, 1),
    answers.TIMES: lambda value: _("%s ×") % formats.number(value, 1),
    answers.DAY: lambda value: formats.day(date.fromisoformat(value)),
    answers.TEXT: str,
    answers.COUNT: formats.number,
}


def written(value: Any, kind: str, currency: str) -> str:
    """Write one value of an answer. None is n/a: there was nothing to divide by, or to know."""
    if value is None:
        return _("n/a")
    if kind == answers.MONEY:
        return amount(value, currency)
    return WRITERS[kind](value)


def amount(minor: int, currency: str) -> str:
    """Write an amount; from a thousand on in whole units, so that columns stay readable."""
    whole = not minor or abs(formats.major(minor, currency)) >= WHOLE_FROM
    return formats.money_whole(minor, currency) if whole else formats.money(minor, currency)


def change(cell: Cell, kind: str) -> float | None:
    """Return how a number differs from the period before; None where that cannot be said.

    A share changes by so many points; all else by a share of what it was.
    """
    now, then = cell.value, cell.before
    if now is None or then is None or kind in (answers.TEXT, answers.DAY):
        return None
    if kind == answers.PERCENT:
        return float(now - then)
    return float(now - then) / abs(then) if then else None

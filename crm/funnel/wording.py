"""The ledger's causes in words, made when they are shown, with today's names.

The one place for it: pages, files and mails read these words.
"""

from collections.abc import Iterable

from django.db.models import Model
from django.utils.translation import gettext as _

from crm.common import formats
from crm.funnel.causes import NAMED, OWN_COLUMNS, About, Code
from crm.funnel.models import StageTransition

Names = dict[int, str]
SOURCES: dict[About, tuple[type[Model], str]] = {}


def register_names(about: About, model: type[Model], field: str) -> None:
    """Let causes about rows of this model be worded by this field. Called from AppConfig.ready."""
    SOURCES[about] = model, field


def names_of(about: About, ids: set[int]) -> Names:
    """Return the present names of those that are still there."""
    model, field = SOURCES[about]
    rows = model._default_manager.filter(pk__in=ids).values_list("pk", field)
    return {pk: str(name) for pk, name in rows}


def words(rows: Iterable[StageTransition]) -> list[str]:
    """Return why each of these moves was made, "" where the ledger says nothing.

    One query for each kind of thing that they are about.
    """
    rows = list(rows)
    wanted: dict[About, set[int]] = {}
    for row in rows:
        about, key = about_of(row)
        if about and key:
            wanted.setdefault(about, set()).add(key)
    names = {about: names_of(about, ids) for about, ids in wanted.items()}
    return [words_of(row, names) for row in rows]


def about_of(row: StageTransition) -> tuple[About | None, int | None]:
    """Return what a move's cause is about, and its id."""
    if row.code not in NAMED:
        return None, None
    about = NAMED[Code(row.code)][0]
    return about, getattr(row, OWN_COLUMNS.get(about, "about_id"))


def words_of(row: StageTransition, names: dict[About, Names]) -> str:
    """Return why one move was made. A row from before there were codes has its text."""
    if row.code not in Code.values:
        return row.reason
    if row.code == Code.REVISIT and row.day:
        return _("Revisit on {day}").format(day=formats.day(row.day))
    about, key = about_of(row)
    name = names.get(about, {}).get(key) if about and key else None
    if name:
        return str(NAMED[Code(row.code)][1]).format(name=name)
    return str(Code(row.code).label)

"""The guess which column of a file is which field, by the columns' names."""

import re

from crm.importing import refusals
from crm.importing.fields import CONSENT, OPTED_OUT, Field
from crm.importing.rights import fields_of
from crm.users.models import User


def guess(kind: str, columns: list[str], *users: User | None) -> dict[str, str]:
    """Return the fields whose synonym is a column's name. A column is guessed once.

    users: who bring the file in; fields that one of them may not map are not guessed
    """
    plain_names = {plain_name(column): column for column in columns}
    found: dict[str, str] = {}
    fields = fields_of(kind, *users)
    for field in fields:
        own = () if field.name in field.synonyms else (field.name,)
        for synonym in (*own, *field.synonyms):
            column = plain_names.get(synonym)
            if column and column not in found.values() and may_be(field, column):
                found[field.name] = column
                break
    if any(field.name == OPTED_OUT for field in fields):
        found |= guess_refusals(columns, found)
    return found


def may_be(field: Field, column: str) -> bool:
    return field.name != CONSENT or not refusals.is_refusal(column)


def guess_refusals(columns: list[str], found: dict[str, str]) -> dict[str, str]:
    """Return the column of opting out if exactly one, under whatever name, is left."""
    left = [name for name in columns if refusals.is_refusal(name) and name not in found.values()]
    return {OPTED_OUT: left[0]} if len(left) == 1 and OPTED_OUT not in found else {}


def plain_name(column: str) -> str:
    """Return a header as synonyms are written: “Job title” is job_title."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")

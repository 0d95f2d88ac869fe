"""What a file's column of amounts shows about its decimal sign, before any of it is read."""

import time
from collections.abc import Iterable, Iterator

from crm.common.money import exponent
from crm.importing import uploads, values
from crm.importing.amounts import POINT, Evidence, evidence
from crm.importing.fields import FIELDS
from crm.importing.models import Import
from crm.importing.reading import NotReadable, Raw
from crm.users.models import Organisation
from deals.export import COLUMNS as DEALS_EXPORT

LONGEST_SEARCH = 3.0
"""Seconds in which a long file is searched for an amount that has only one reading."""


def column_evidence(source: Import, mapping: dict[str, str]) -> Evidence:
    """Return the decimal sign that the mapped column of amounts shows.

    The first rows decide if they can; else the rest of the file is searched. A workbook's numbers,
    and files of our own export, have a point.
    """
    column = amount_column(source, mapping)
    if column not in source.columns:
        return Evidence()
    if column in source.options.get("number_columns", []):
        return Evidence(POINT)
    try:
        rows = uploads.samples(source)
        found = evidence(amounts_of(source, mapping, rows))
        if is_own_export(source, amounts_of(source, mapping, rows)):
            return Evidence(POINT)
        return search(source, mapping) if found.is_question else found
    except NotReadable:
        return Evidence()


def amount_column(source: Import, mapping: dict[str, str]) -> str:
    named = [
        mapping.get(field.name, "") for field in FIELDS[Import.Kind(source.kind)] if field.is_amount
    ]
    return next((name for name in named if name), "")


def amounts_of(
    source: Import, mapping: dict[str, str], rows: Iterable[Raw]
) -> Iterator[tuple[str, str]]:
    """Return the amounts of these rows, without a minus, each with its currency."""
    place = source.columns.index(amount_column(source, mapping))
    column = mapping.get("currency", "")
    currency_place = source.columns.index(column) if column in source.columns else None
    usual = Organisation.get().currency
    for row in rows:
        text = cell_of(row, place).strip("()-− ")
        code = cell_of(row, currency_place) or usual
        try:
            yield text, values.currency(code)
        except ValueError:
            continue


def cell_of(row: Raw, place: int | None) -> str:
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""


def search(source: Import, mapping: dict[str, str]) -> Evidence:
    """Look through the whole file for sure amounts, as far as the time allows."""
    until = time.monotonic() + LONGEST_SEARCH

    def rows() -> Iterator[Raw]:
        with uploads.open_table(source) as table:
            for number, row in enumerate(table.rows()):
                if number % 1000 == 999 and time.monotonic() > until:
                    return
                if not row.fault:
                    yield row

    return evidence(amounts_of(source, mapping, rows()))


def is_own_export(source: Import, amounts: Iterable[tuple[str, str]]) -> bool:
    """Return whether this is our export of deals as it was written, not saved anew by a program.

    Such a file gives each amount exactly its currency's decimals, behind a point.
    """
    return source.columns == list(DEALS_EXPORT) and all(
        has_decimals(text, exponent(currency)) for text, currency in amounts if text
    )


def has_decimals(text: str, places: int) -> bool:
    """Say whether an amount is digits with exactly so many decimals behind a point."""
    whole, point, decimals = text.partition(".")
    if not places:
        return text.isdecimal()
    return whole.isdecimal() and decimals.isdecimal() and len(decimals) == places

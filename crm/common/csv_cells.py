"""Writing CSV that a spreadsheet opens without running anything, row by row."""

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal

STARTERS = ("=", "+", "-", "@", "\t", "\r")
"""First characters at which a spreadsheet takes a cell for a formula."""


class Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def neutral(cell: object) -> str:
    """Return the text of a cell; an apostrophe keeps a formula from being run.

    An import takes the apostrophe away again, so that what was exported comes back unchanged.
    A number stays one, also below zero.
    """
    if isinstance(cell, int | float | Decimal):
        return str(cell)
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(STARTERS) else text


def lines(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a CSV file in UTF-8 with a byte order mark, a few hundred rows at a time."""
    writer = csv.writer(Echo())
    kept = ["\ufeff" + writer.writerow(head)]
    for row in rows:
        kept.append(writer.writerow([neutral(cell) for cell in row]))
        if len(kept) == 500:
            yield "".join(kept)
            kept.clear()
    yield "".join(kept)

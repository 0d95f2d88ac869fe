"""Excel workbooks: refused where they are bombs or something else, then written as plain CSV.

The archive's directory is checked first, then every part is unpacked in pieces and counted, before
a parser sees it: directories lie. Macros are never looked at, XML entities are refused.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import dropwhile
from pathlib import Path
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from crm.importing.reading import MAX_COLUMNS, NotReadable

MAX_UNPACKED = 50 * 1024 * 1024
MAX_RATIO = 100
SMALL = 100 * 1024
MAX_CELLS = 4_000_000
PIECE = 256 * 1024
EXACT = 2**53
"""Largest whole number up to which a workbook's numbers keep every digit."""
DOCUMENT = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
CELL = re.compile(rb'<(?:\w+:)?c [^<>]*?r="([A-Z]{1,3})(\d{1,7})"')
SAVE_AS = "Save it as an Excel workbook (.xlsx) or as CSV and try again."
OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), or one with a password",
    b"MZ": "a program",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed archive",
    b"7z\xbc\xaf": "a compressed archive",
    b"Rar!": "a compressed archive",
}


def is_workbook(file: BinaryIO) -> bool:
    """Return whether the file is an archive and so perhaps a workbook.

    Raises NotReadable for what is surely neither that nor text.
    """
    head = file.read(8)
    file.seek(0)
    for mark, what in OTHERS.items():
        if head.startswith(mark):
            raise NotReadable(f"This is {what}, not a table. {SAVE_AS}")
    return head.startswith(b"PK")


def check(file: BinaryIO) -> None:
    """Raise NotReadable for a workbook that is broken, locked, too large or not Excel's."""
    try:
        with zipfile.ZipFile(file) as archive:
            check_directory(archive)
            check_parts(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        raise NotReadable(f"The workbook is damaged or incomplete. {SAVE_AS}") from None
    finally:
        file.seek(0)


def check_directory(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "mimetype" in names or "content.xml" in names:
        raise NotReadable(f"This is an OpenDocument file. {SAVE_AS}")
    if "xl/workbook.xml" not in names:
        raise NotReadable(f"This archive is not an Excel workbook. {SAVE_AS}")
    if any(part.flag_bits & 1 for part in archive.infolist()):
        raise NotReadable(f"The workbook has a password. Take it off. {SAVE_AS}")
    if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
        raise too_large()
    for part in archive.infolist():
        if part.file_size > SMALL and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise too_large()


def check_parts(archive: zipfile.ZipFile) -> None:
    """Unpack every part in pieces: count its bytes, find its last cell, refuse entities."""
    unpacked = 0
    for part in archive.infolist():
        is_sheet = part.filename.startswith("xl/worksheets/")
        rows = columns = 0
        for piece in pieces(archive, part):
            unpacked += len(piece)
            if unpacked > MAX_UNPACKED:
                raise too_large()
            if part.filename.endswith((".xml", ".rels")) and DOCUMENT.search(piece):
                raise NotReadable(f"The workbook holds XML that Excel does not write. {SAVE_AS}")
            for letters, number in CELL.findall(piece) if is_sheet else ():
                rows, columns = max(rows, int(number)), max(columns, column_number(letters))
        if columns > MAX_COLUMNS:
            raise NotReadable(f"A sheet has more than {MAX_COLUMNS} columns.")
        if rows * columns > MAX_CELLS:
            raise too_large()


def pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Return the part in pieces that overlap by a tag's length, so that no tag is cut in two."""
    tail = b""
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            yield tail + piece
            tail = piece[-64:]


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def too_large() -> NotReadable:
    return NotReadable(
        "The workbook is too large when unpacked. Save the sheet as CSV: that may be of any length."
    )


def sheet_names(path: Path) -> list[str]:
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            return list(book.sheet_names)
    except (CalamineError, OSError) as error:
        raise NotReadable(f"The workbook cannot be read. {SAVE_AS}") from error


def write_csv(path: Path, sheet: str, target: BinaryIO) -> set[int]:
    """Write one sheet as CSV (UTF-8): a line for every row of the sheet, dates as ISO 8601.

    sheet: its name; "" takes the first
    Returns the places of the columns that hold numbers alone, below the header.
    Raises NotReadable if the workbook has no such sheet or is none.
    """
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            table = book.get_sheet_by_name(sheet or book.sheet_names[0])
            text = io.TextIOWrapper(target, "utf-8", newline="", write_through=True)
            writer = csv.writer(text, lineterminator="\n")
            rows = table.to_python(skip_empty_area=False)
            for row in rows:
                writer.writerow(as_text(value) for value in row)
            text.detach()
            return number_columns(rows)
    except (CalamineError, IndexError, OSError) as error:
        raise NotReadable(f"The sheet “{sheet}” cannot be read. {SAVE_AS}") from error


def number_columns(rows: list[list[Any]]) -> set[int]:
    """Return the places of the columns that hold numbers alone, below the first row with a cell."""
    below = list(dropwhile(lambda row: not any(cell != "" for cell in row), rows))[1:]
    return {
        place
        for place, cells in enumerate(zip(*below, strict=True))
        if any(cell != "" for cell in cells)
        and all(isinstance(cell, float | int) for cell in cells if cell != "")
    }


def number_text(value: float) -> str:
    """Return a number as Excel shows it: whole ones without a point, others with 15 digits.

    A whole number beyond 2**53 has lost digits: it is written with an exponent, which no identifier
    or phone number is read from.
    """
    if value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    if value.is_integer():
        return repr(value) if "e" in repr(value) else f"{value:e}"
    return format(Decimal(f"{value:.15g}"), "f")


def as_text(value: Any) -> str:
    """Return a cell as it would stand in a CSV file: on one line, whole numbers as such."""
    if isinstance(value, datetime):
        midnight = value.time() == time.min
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value)
    return " ".join(str(value).splitlines()).replace("\0", "\ufffd")

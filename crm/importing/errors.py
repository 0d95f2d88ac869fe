"""The file of refused rows: the columns as they came, with the line and the reason in front.

It is written batch by batch. The import remembers how long the file was when its last batch was
committed, so a batch that is run again after a crash writes its rows once.
"""

import csv
import io
import os
import uuid
from pathlib import Path

from django.core.files.base import ContentFile

from crm.importing.models import Import
from crm.importing.planning import ERROR, Row

RISKY = ("=", "+", "-", "@", "\t", "\r")


def append(source: Import, refused: list[Row], length: int) -> int:
    """Write the refused rows at `length` bytes, dropping what follows; return the new length."""
    if not refused:
        return length
    begun = not source.error_file
    if begun:
        source.error_file.save(f"{uuid.uuid4().hex}.csv", ContentFile(b""), save=False)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if not length:
        writer.writerow(["Line", "Reason", *map(neutral, source.columns)])
    for row in refused:
        reasons = [problem.message for problem in row.problems if problem.level == ERROR]
        writer.writerow([row.line, neutral(" ".join(reasons)), *map(neutral, row.cells)])
    data = text.getvalue().encode("utf-8-sig" if not length else "utf-8", "replace")
    try:
        write_at(Path(source.error_file.path), length, data)
    except OSError:
        if begun:
            source.error_file.delete(save=False)
        raise
    return length + len(data)


def write_at(path: Path, length: int, data: bytes) -> None:
    """Put `data` behind the first `length` bytes; if it does not fit, only those stay."""
    os.truncate(path, length)
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError:
        os.truncate(path, length)
        raise


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; reading it back gives the original."""
    return f"'{cell}" if cell.startswith(RISKY) else cell

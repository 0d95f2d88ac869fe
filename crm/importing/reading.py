"""Reading a CSV file row by row, whatever its encoding, delimiter and line ends.

Everything is bounded before it is parsed: the length of a line and of a cell, the number of
columns, the lines that one row may span. A row that breaks a bound becomes a faulty row with its
line number; the rows after it are read. Memory does not grow with the file.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

MAX_LINE = 1_000_000
MAX_CELL = 100_000
MAX_COLUMNS = 500
MAX_SPAN = 200
SAMPLE = 64 * 1024
DELIMITERS = ",;\t|"
SURROGATE = re.compile("[\ud800-\udfff]")
FORMULA = re.compile(r"'(?=[=+\-@\t\r])")

ENCODINGS = {
    "": "Found out by itself",
    "utf-8": "UTF-8",
    "cp1252": "Western European (Windows-1252)",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "gb18030": "Chinese (GB18030)",
    "shift_jis": "Japanese (Shift JIS)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "iso8859-15": "Western European (ISO 8859-15)",
}
MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}

csv.field_size_limit(MAX_LINE)


class NotReadable(Exception):
    """The file as a whole cannot be imported; the message says why and what to do."""


@dataclass
class Raw:
    """One row of the file: where it starts, its cells, and what is wrong with it as a row."""

    line: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Layout:
    """How a file is written. `by_row`: lines are counted as rows, because it was a workbook."""

    encoding: str
    start: int
    delimiter: str
    by_row: bool = False


@dataclass
class Place:
    """Where reading goes on: the position in the file and the lines that were read ahead."""

    cookie: int
    line: int
    ahead: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"cookie": str(self.cookie), "line": self.line, "ahead": self.ahead}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Place":
        return cls(int(value["cookie"]), value["line"], list(value["ahead"]))


def look(path: Path, encoding: str = "", delimiter: str = "", by_row: bool = False) -> Layout:
    """Find out how the file is written, from its beginning.

    encoding, delimiter: what the user says; "" is to be found out
    Raises NotReadable for a file that is empty or no text.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    if not sample:
        raise NotReadable("The file is empty.")
    start, marked = byte_order_mark(sample)
    encoding = known_encoding(encoding or marked or guess_encoding(path, sample))
    text = sample[start:].decode(encoding, "replace")
    refuse_binary(text)
    return Layout(encoding, start, delimiter or guess_delimiter(text), by_row)


def byte_order_mark(sample: bytes) -> tuple[int, str]:
    """Return the length of the byte order mark and the encoding that it stands for."""
    for mark, encoding in MARKS.items():
        if sample.startswith(mark):
            return len(mark), encoding
    return 0, ""


def known_encoding(name: str) -> str:
    """Return the codec's name. Raises NotReadable for one that does not exist or is no text."""
    try:
        "".encode(name)
    except LookupError:
        raise NotReadable(f"“{name}” is not an encoding.") from None
    plain = name.lower().replace("_", "-")
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "shift-jis": "cp932"}.get(plain, plain)


def guess_encoding(path: Path, sample: bytes) -> str:
    """Return utf-16 where every second byte is zero, utf-8 where it decodes, else cp1252."""
    if len(sample) > 3:
        zeros = [sample[i::2].count(0) / (len(sample) / 2) for i in (0, 1)]
        if max(zeros) > 0.3 and min(zeros) < 0.1:
            return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    good = faults = 0
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(MAX_LINE), b""):
            if line.isascii():
                continue
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                faults += 1
            if faults > 100:
                break
    return "utf-8" if not faults or good > 10 * faults else "cp1252"


def refuse_binary(text: str) -> None:
    """Raise NotReadable for what is no text: one character in ten is a control character."""
    control = sum(1 for c in text if c < " " and c not in "\t\r\n\f")
    if control > len(text) / 10:
        raise NotReadable(
            "This is not a text file. Save it as CSV (UTF-8) or as an Excel workbook (.xlsx)."
        )


def guess_delimiter(text: str) -> str:
    """Return the sign that parts the first lines most evenly, outside quotation marks."""
    lines = re.sub(r'"[^"]*"', "", text).splitlines()[:20]
    lines = [line for line in lines if line.strip()] or [""]
    if found := re.fullmatch(r"sep=(.)", lines[0].strip(), re.IGNORECASE):
        return found[1]
    head = lines[0]

    def evenness(sign: str) -> tuple[int, int]:
        return sum(line.count(sign) == head.count(sign) for line in lines), head.count(sign)

    present = [sign for sign in DELIMITERS if sign in head]
    return max(present, key=evenness) if present else ","


class Table:
    """The rows of one CSV file. Use as a context manager; `columns` are the header's names."""

    def __init__(self, path: Path, layout: Layout, place: Place | None = None) -> None:
        self.size = path.stat().st_size
        binary = cast(BinaryIO, path.open("rb"))
        binary.seek(layout.start)
        self.layout = layout
        self.text: TextIO = io.TextIOWrapper(
            binary, layout.encoding, errors="surrogateescape", newline=""
        )
        self.text.seek(layout.start)
        self.line = 0
        self.ahead: list[str] = []
        self.columns = self.read_header()
        if place:
            self.text.seek(place.cookie)
            self.line, self.ahead = place.line, place.ahead[::-1]

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *exception: object) -> None:
        self.text.close()

    def place(self) -> Place:
        return Place(self.text.tell(), self.line, self.ahead[::-1])

    @property
    def share(self) -> float:
        """How much of the file was read, 0 to 1."""
        return min(1.0, self.text.buffer.tell() / self.size) if self.size else 1.0

    def read_header(self) -> list[str]:
        """Take the first row that is not blank as the columns' names.

        Raises NotReadable where there is none, or where it breaks a bound.
        """
        for raw in self.records():
            bare = "".join(raw.cells).strip()
            if not raw.fault and (not bare or re.fullmatch(r"sep=.?", bare, re.IGNORECASE)):
                continue
            if len(raw.cells) > MAX_COLUMNS or raw.fault == TOO_LONG:
                raise NotReadable(f"The file has more than {MAX_COLUMNS} columns.")
            if raw.fault:
                raise NotReadable(f"The first line cannot be read: {raw.fault}")
            return column_names(raw.cells)
        raise NotReadable("The file is empty.")

    def rows(self) -> Iterator[Raw]:
        """Return the rows below the header; blank ones are left out."""
        width = len(self.columns)
        for raw in self.records():
            if not raw.fault and not any(cell.strip() for cell in raw.cells):
                continue
            if any(cell.strip() for cell in raw.cells[width:]) and not raw.fault:
                raw.fault = f"It has {len(raw.cells)} cells, the header has {width}."
            yield raw

    def records(self) -> Iterator[Raw]:
        while True:
            first = self.line + 1
            taken: list[str] = []
            try:
                cells = next(self.reader(taken, strict=True), None)
                fault = ""
            except csv.Error as error:
                cells, fault = self.recover(taken, str(error))
            if cells is None:
                return
            self.line += 1 if self.layout.by_row else len(taken)
            yield checked(Raw(first, cells, fault))

    def reader(self, taken: list[str], strict: bool) -> Iterator[list[str]]:
        source = self.pull(taken) if strict else iter(taken)
        return csv.reader(source, delimiter=self.layout.delimiter, strict=strict)

    def pull(self, taken: list[str]) -> Iterator[str]:
        """Give lines to the parser of one row, at most as many as a row may span."""
        while len(taken) < MAX_SPAN and sum(map(len, taken[1:])) < MAX_LINE:
            line = self.ahead.pop() if self.ahead else self.read_line()
            if not line:
                return
            taken.append(line)
            yield line

    def read_line(self) -> str:
        """Return the next line; one that is too long is passed over and marked."""
        line = self.text.readline(MAX_LINE)
        if len(line) < MAX_LINE or line.endswith(("\n", "\r")):
            return line
        while (more := self.text.readline(MAX_LINE)) and not more.endswith(("\n", "\r")):
            pass
        return TOO_LONG_MARK

    def recover(self, taken: list[str], error: str) -> tuple[list[str], str]:
        """Make the best of a row that is not quoted as it should be.

        A quotation mark that is never closed spoils its own line only: the lines that it swallowed
        are read again.
        """
        if "unexpected end" in error:
            self.ahead.extend(reversed(taken[1:]))
            del taken[1:]
            return split_plainly(taken[0], self.layout.delimiter), "A quotation mark is not closed."
        return next(self.reader(taken, strict=False)), ""


TOO_LONG = f"It is longer than {MAX_LINE:,} characters."
TOO_LONG_MARK = "\0too long\n"


def split_plainly(line: str, delimiter: str) -> list[str]:
    return line.rstrip("\r\n").split(delimiter)[: MAX_COLUMNS + 1]


def checked(raw: Raw) -> Raw:
    """Note what no database takes: NUL, undecodable bytes, oversized cells."""
    joined = "".join(raw.cells)
    if "\0" in joined:
        raw.fault = TOO_LONG if raw.cells == ["\0too long"] else "It holds a NUL character."
    elif not joined.isascii() and SURROGATE.search(joined):
        raw.fault = "It holds characters that are not of the file's encoding."
    elif len(joined) > MAX_CELL and max(map(len, raw.cells)) > MAX_CELL:
        raw.fault = f"A cell is longer than {MAX_CELL:,} characters."
    if raw.fault:
        raw.cells = [clean_fault(cell) for cell in raw.cells]
    elif "'" in joined:
        raw.cells = [
            FORMULA.sub("", cell, count=1) if cell[:1] == "'" else cell for cell in raw.cells
        ]
    return raw


def clean_fault(cell: str) -> str:
    """Return a faulty cell so that it can be shown and written to the file of errors."""
    return SURROGATE.sub("\ufffd", cell[:1000].replace("\0", "\ufffd"))


def column_names(cells: list[str]) -> list[str]:
    """Return a name for every column: blank ones get their number, repeated ones a count."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:200] or f"Column {number}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names

"""The parts of a raw message, taken apart in time that grows as its bytes do. Pure.

Our own, because the parser of the standard library takes the square of many headers, parameters,
addresses and nested parts (docs/decisions/0065). What is beyond the limits is left unread: the raw
message is kept.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from crm.correspondence.headers import Value, decoded_words, parameters, text_of

MOST_HEADER_BYTES, MOST_HEADERS, LONGEST_HEADER = 200_000, 1_000, 20_000
MOST_PARTS, MOST_DEPTH = 200, 12
NAME = re.compile(rb"([!-9;-~]{1,80})[ \t]{0,20}:")
BOUNDARY_END = re.compile(rb"(--)?[ \t]{0,80}\r?(?:\n|\Z)")


@dataclass(frozen=True)
class Part:
    """One part of a message: its headers as they came, its body still encoded, or its children."""

    headers: dict[str, list[bytes]]
    body: bytes
    children: tuple["Part", ...] = ()

    def header(self, name: str) -> str:
        """Return the first header of this name as it was sent, unfolded; "" for none."""
        return text_of(self.headers.get(name.lower(), [b""])[0])

    def text(self, name: str) -> str:
        """Return a header with its encoded words decoded."""
        return decoded_words(self.header(name))

    @cached_property
    def type(self) -> Value:
        """The content type in lower case, with its parameters."""
        value = parameters(self.header("Content-Type"))
        return value if value.word.count("/") == 1 else Value("text/plain", value.parameters)

    @cached_property
    def disposition(self) -> Value:
        return parameters(self.header("Content-Disposition"))

    @property
    def kind(self) -> str:
        return self.type.word

    @property
    def file_name(self) -> str:
        """Return the name that the sender gave the file, "" for none."""
        named = self.disposition.parameters.get("filename") or self.type.parameters.get("name")
        return decoded_words(named or "")

    def content(self, most: int | None = None) -> bytes:
        """Return the body decoded; most: of a text, so many encoded bytes of it."""
        encoding = self.header("Content-Transfer-Encoding").strip().lower()
        body = self.body if most is None else self.body[:most]
        if encoding == "base64":
            return base64(body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
        return body

    @property
    def size(self) -> int:
        """About how many bytes the decoded body has."""
        encoded = self.header("Content-Transfer-Encoding").strip().lower() == "base64"
        return len(self.body) * 3 // 4 if encoded else len(self.body)

    def leaves(self) -> Iterator["Part"]:
        """Yield the parts that hold something, in order; an attached message is one of them."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


class Budget:
    """How many parts may still be read."""

    def __init__(self, parts: int = MOST_PARTS) -> None:
        self.parts = parts
        self.spent = False

    def take(self) -> bool:
        self.parts -= 1
        self.spent |= self.parts < 0
        return self.parts >= 0


def split(raw: bytes, budget: Budget | None = None) -> Part:
    """Return a message as its parts."""
    raw = raw.lstrip(b"\r\n")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    if raw.startswith(b"From "):  # the first line of a message in an mbox file
        raw = raw.partition(b"\n")[2]
    return part(raw, budget or Budget(), 0)


def part(raw: bytes, budget: Budget, depth: int) -> Part:
    """Return a part with its children; of what is nested deeper than the limit, the bytes."""
    headers, body = split_headers(raw)
    alone = Part(headers, body)
    boundary = alone.type.parameters.get("boundary", "")
    if not alone.kind.startswith("multipart/") or not boundary:
        return alone
    if depth >= MOST_DEPTH:
        budget.spent = True
        return alone
    mark = boundary.rstrip()[:200].encode("utf-8", "surrogateescape")
    children = tuple(
        part(piece, budget, depth + 1) for piece in pieces(body, mark) if budget.take()
    )
    return Part(headers, body if not children else b"", children)


def split_headers(raw: bytes) -> tuple[dict[str, list[bytes]], bytes]:
    """Return the headers of a part by their names in lower case, and what follows them."""
    found: list[tuple[str, list[bytes]]] = []
    lines: list[bytes] | None = None
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start) + 1 or len(raw)
        line = raw[start : min(end, start + LONGEST_HEADER)].rstrip(b"\r\n")
        within = end <= MOST_HEADER_BYTES and len(found) < MOST_HEADERS
        if not line:
            return joined(found), raw[end:]
        if line[:1] in b" \t" and lines is not None:
            if within:
                lines.append(line)
        elif name := NAME.match(line):
            lines = [line[name.end() :]]
            if within:
                found.append((name[1].decode("ascii").lower(), lines))
        else:  # no header: the body begins without an empty line
            return joined(found), raw[start:]
        start = end
    return joined(found), b""


def joined(found: list[tuple[str, list[bytes]]]) -> dict[str, list[bytes]]:
    """Return the headers by name, the lines of each joined."""
    headers: dict[str, list[bytes]] = {}
    for name, lines in found:
        headers.setdefault(name, []).append(b"".join(lines)[:LONGEST_HEADER].strip())
    return headers


def pieces(body: bytes, mark: bytes) -> Iterator[bytes]:
    """Yield what stands between the lines of a boundary."""
    line = b"--" + mark
    begun, at = None, body.find(line)
    while at >= 0:
        end = BOUNDARY_END.match(body, at + len(line))
        if end and (at == 0 or body[at - 1 : at] == b"\n"):
            if begun is not None:
                yield without_line_end(body[begun:at])
            if end[1]:
                return
            begun = end.end()
        at = body.find(line, at + len(line))
    if begun is not None:
        yield body[begun:]


def without_line_end(piece: bytes) -> bytes:
    """Return a piece without the line end that belongs to the boundary after it."""
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece.removesuffix(b"\n")


NOT_BASE64 = bytes(
    byte for byte in range(256)
    if byte not in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)  # fmt: skip


def base64(body: bytes) -> bytes:
    """Return base64 decoded, what is no letter of it left out, an end that is missing added."""
    letters = body.translate(None, NOT_BASE64)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))

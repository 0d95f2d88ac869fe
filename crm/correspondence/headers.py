"""Headers of messages: encoded words, parameters, addresses; each in one pass. Pure."""

import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from crm.correspondence.charsets import decode

MOST_PARAMETERS, MOST_ADDRESSES = 100, 200
LONGEST_CHARSET, LONGEST_ADDRESS = 60, 254
SPECIAL = '()<>[]:;@\\,"'
STAND_INS = {ord(char): 0xF0000 + ord(char) for char in SPECIAL}
"""What an encoded word says is a name, never structure: a comma in it separates nothing."""
BACK = {stand_in: char for char, stand_in in STAND_INS.items()}
NOT_IN_ADDRESS = frozenset(" \t\r\n<>\"'()[],;:\\")


def text_of(value: bytes) -> str:
    """Return a header's bytes as text: ASCII by rule, UTF-8 by custom, else as it looks."""
    return decode(value)


# Encoded words (RFC 2047) ------------------------------------------------------------------------


class Word(NamedTuple):
    """A stretch of a header: an encoded word (its charset given), or what stands between."""

    charset: str
    raw: bytes
    plain: str = ""


def decoded_words(value: str) -> str:
    """Return a header's text; what looks like an encoded word and is none stays as it is."""
    return "".join(text for text, _ in decoded_stretches(value))


def decoded_stretches(value: str) -> Iterator[tuple[str, bool]]:
    """Yield (text, whether it was encoded). Words next to each other are decoded together.

    Some senders cut in the middle of a character, and go on in the next word.
    """
    charset, waiting = "", b""
    for word in words(value):
        if word.charset and word.charset == charset:
            waiting += word.raw
            continue
        if charset:
            yield decode(waiting, charset), True
        charset, waiting = word.charset, word.raw
        if not charset:
            yield word.plain, False
    if charset:
        yield decode(waiting, charset), True


def words(value: str) -> Iterator[Word]:
    """Yield encoded words and what stands between; blanks between two encoded words are nothing."""
    start, after_word = 0, False
    for begin, end, word in encoded_words(value):
        between = value[start:begin]
        if between and not (after_word and between.isspace()):
            yield Word("", b"", between)
        yield word
        start, after_word = end, True
    if value[start:]:
        yield Word("", b"", value[start:])


def encoded_words(value: str) -> Iterator[tuple[int, int, Word]]:
    """Yield where each encoded word begins and ends, and what it is."""
    at = 0
    while (begin := value.find("=?", at)) >= 0:
        at = begin + 2
        mark = value.find("?", at, at + LONGEST_CHARSET)
        encoding = value[mark + 1 : mark + 3].lower()
        if mark < 0 or encoding not in ("q?", "b?"):
            continue
        end = value.find("?=", mark + 3)
        if end < 0:
            return
        charset = value[at:mark].partition("*")[0].strip().lower() or "utf-8"
        raw = word_bytes(encoding[0], value[mark + 3 : end])
        at = end + 2
        yield begin, at, Word(charset, raw)


def word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogateescape")
    if encoding == "q":
        return binascii.a2b_qp(raw, header=True)
    letters = raw.rstrip(b"=")
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return raw


# Parameters (RFC 2045, RFC 2231) -----------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """A header such as `text/plain; charset=utf-8`: its first word and its parameters."""

    word: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def parameters(value: str) -> Value:
    """Return a header's word and parameters, names in lower case; the first of a name counts."""
    first, *rest = sections(value, ";", MOST_PARAMETERS + 1)
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for section in rest:
        name, is_there, text = section.partition("=")
        name, text = name.strip().lower(), unquoted(text.strip())
        base, star, number = name.partition("*")
        if not is_there or not base:
            continue
        if not star:
            found.setdefault(base, text)
        else:
            order = number.rstrip("*")
            at = int(order) if order.isdecimal() and len(order) < 4 else 0
            pieces.setdefault(base, {}).setdefault(at, (name.endswith("*"), text))
    found |= {name: put_together(parts) for name, parts in pieces.items()}
    return Value(first.strip().lower(), found)


def put_together(pieces: dict[int, tuple[bool, str]]) -> str:
    """Return a parameter that was sent in pieces, or percent-encoded (RFC 2231)."""
    raw, charset = b"", "utf-8"
    for at, (encoded, text) in sorted(pieces.items()):
        if encoded and at == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw += unquote_to_bytes(text) if encoded else text.encode("utf-8", "surrogateescape")
    return decode(raw, charset)


def unquoted(text: str) -> str:
    """Return a value without its quotation marks and backslashes."""
    if len(text) < 2 or text[0] != '"':
        return text
    inner = text[1:-1] if text[-1] == '"' else text[1:]
    return inner.replace('\\"', '"').replace("\\\\", "\\") if "\\" in inner else inner


def sections(value: str, separators: str, most: int) -> list[str]:
    """Return what stands between the separators that are not quoted, at most so many."""
    found, start, quoted, skip = [], 0, False, False
    for at, char in enumerate(value):
        if skip:
            skip = False
        elif char == "\\" and quoted:
            skip = True
        elif char == '"':
            quoted = not quoted
        elif char in separators and not quoted:
            found.append(value[start:at])
            start = at + 1
            if len(found) == most:
                return found
    return [*found, value[start:]]


# Addresses (RFC 5322) ----------------------------------------------------------------------------


def addresses(values: Iterable[str]) -> list[tuple[str, str]]:
    """Return (name, address in lower case) of headers, at most so many, only real addresses."""
    found: list[tuple[str, str]] = []
    for value in values:
        for text in sections(as_structure(value), ",;", MOST_ADDRESSES * 2):
            name, address = mailbox(text)
            if is_address(address) and len(found) < MOST_ADDRESSES:
                found.append((name, address.lower()))
    return found


def as_structure(value: str) -> str:
    """Return a header decoded so that special characters of encoded words stand for themselves."""
    clean = value.translate(dict.fromkeys(BACK))
    return "".join(
        text.translate(STAND_INS) if encoded else text for text, encoded in decoded_stretches(clean)
    )


def mailbox(text: str) -> tuple[str, str]:
    """Return name and address of one of a header's: `Ana <a@b.pt>`, `a@b.pt (Ana)`, `a@b.pt`."""
    before, bracket, after = text.rpartition("<")
    if bracket:
        address = after.partition(">")[0]
        name = before
    else:
        address, _, comment = text.partition("(")
        name = comment.rpartition(")")[0]
    if not bracket and ":" in address:  # the name of a group
        address = address.rpartition(":")[2]
    name = unquoted(name.strip()).translate(BACK)
    return " ".join(name.split())[:200], address.strip().strip("'\"")


def is_address(text: str) -> bool:
    """Say whether this looks like an address: something@domain.example."""
    local, at, domain = text.rpartition("@")
    plain = 0 < len(text) <= LONGEST_ADDRESS and NOT_IN_ADDRESS.isdisjoint(text)
    inner = "." in domain.strip(".") and not domain.startswith(".")
    return bool(at and local and plain and inner) and "@" not in local

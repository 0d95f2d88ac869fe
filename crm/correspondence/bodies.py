"""What a message says as text and as HTML, whichever parts it stands in. Pure."""

from contextlib import suppress
from html import unescape
from typing import NamedTuple

from crm.correspondence import markup
from crm.correspondence.charsets import decode, meta_charset
from crm.correspondence.inert import clean
from crm.correspondence.mime import Part

LONGEST_TEXT, LONGEST_HTML = 100_000, 400_000
BYTES_A_CHARACTER = 4
"""How many encoded bytes are read for each character that is kept: `=E2=82=AC` is three bytes."""
BREAKS = {
    "br",
    "p",
    "div",
    "tr",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "hr",
    "blockquote",
}
"""Tags that begin a new line of text."""
DEEPEST_QUOTE = 5


class Body(NamedTuple):
    """Text and HTML of a message; notes: what of it is beyond a limit, in words."""

    text: str
    html: str
    notes: tuple[str, ...] = ()


class Block(NamedTuple):
    """One stretch of a message in one form or both, as its sender made it."""

    text: str = ""
    html: str = ""


def body_of(root: Part) -> Body:
    """Return what a message says. The HTML is still as it came: to be cleaned."""
    found = list(blocks_of(root))
    texts = [
        block.text if block.text.strip() else plain(block.html[:LONGEST_HTML]) for block in found
    ]
    text = clean("\n".join(filter(str.strip, texts))).strip()
    html = ""
    if any(block.html for block in found):
        html = "\n".join(block.html or markup.of_text(block.text) for block in found)
    long = len(text) > LONGEST_TEXT or len(html) > LONGEST_HTML
    note = ("Its text is too long to be shown whole.",) if long else ()
    return Body(text[:LONGEST_TEXT], html[:LONGEST_HTML], note)


def blocks_of(part: Part) -> list[Block]:
    """Return the text of a part; of alternatives the text and the HTML as one block."""
    if not part.children:
        return [block_of(part)] if is_text(part) else []
    found = [block for child in part.children for block in blocks_of(child)]
    if part.kind != "multipart/alternative":
        return found
    return [
        Block(
            next((block.text for block in found if block.text.strip()), ""),
            next((block.html for block in found if block.html.strip()), ""),
        )
    ]


def is_text(part: Part) -> bool:
    """Say whether a part is what its sender wrote, and no file: calendars and the like are files.

    A multipart whose boundary is missing is read as text, as far as it is.
    """
    if part.disposition.word == "attachment" or part.file_name:
        return False
    return part.kind in ("text/plain", "text/html") or part.kind.startswith("multipart/")


def block_of(part: Part) -> Block:
    is_html = part.kind == "text/html"
    raw = part.content((LONGEST_HTML if is_html else LONGEST_TEXT) * BYTES_A_CHARACTER)
    charset = part.type.parameters.get("charset", "")
    if is_html:
        return Block(html=decode(raw, charset or meta_charset(raw)))
    return Block(text=decode(raw, charset))


def plain(html: str) -> str:
    """Return HTML as text: line ends where blocks begin and end, quotes marked with `>`."""
    lines: list[tuple[int, list[str]]] = [(0, [])]
    quotes = 0
    for token in markup.tokens(html):
        if not token.name:
            lines[-1][1].append(token.text)
        elif token.name in BREAKS:
            if token.name == "blockquote":
                quotes += -1 if token.closes else 1
            empty = token.name == "br" or (token.name == "p" and token.closes)
            if lines[-1][1] or empty:
                lines.append((quotes, []))
            else:
                lines[-1] = (quotes, [])
        elif token.name in ("td", "th"):
            lines[-1][1].append(" ")
    return "\n".join(line_of(depth, words) for depth, words in lines)


def line_of(depth: int, words: list[str]) -> str:
    """Return one line, its blanks single; text of HTML may hold very long numbers as characters."""
    said = " ".join("".join(words).split())
    with suppress(ValueError):  # a number of thousands of digits, said to be a character
        said = unescape(said)
    return "> " * min(depth, DEEPEST_QUOTE) + said

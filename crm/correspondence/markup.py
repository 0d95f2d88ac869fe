"""HTML as senders write it, put in order: known tags, each closed, not nested too deep. Pure.

What cleans HTML afterwards (nh3) reads it as browsers do, and takes the square of the depth and of
what is left open. Words are kept whatever the tags around them are.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

MOST_DEPTH, LONGEST_TAG = 100, 20_000
BLOCKS = {
    "address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4",
    "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "ul",
}  # fmt: skip
"""What ends an open paragraph."""
CELLS = {"tbody", "thead", "tfoot", "tr", "td", "th"}
WORDS = {
    "a", "b", "code", "del", "em", "i", "ins", "s", "small", "span", "strike", "strong", "sub",
    "sup", "u",
}  # fmt: skip
VOID = {"br", "hr", "img"}
KNOWN = BLOCKS | CELLS | WORDS | VOID
UNSEEN = {"script", "style", "title", "head", "template"}
"""Of these the content is left out too."""
CLOSED_BY = {
    "li": {"li"}, "dd": {"dd", "dt"}, "dt": {"dd", "dt"}, "td": {"td", "th"}, "th": {"td", "th"},
    "tr": {"td", "th", "tr"}, "tbody": CELLS, "thead": CELLS, "tfoot": CELLS, "a": {"a"},
}  # fmt: skip
"""Tags that end an open one, unless one of BOUNDS stands between."""
BOUNDS = {"table", "ul", "ol", "dl", "blockquote"}
ATTRIBUTES = {
    "a": {"href"}, "img": {"src", "alt", "width", "height"}, "ol": {"start"},
    "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
}  # fmt: skip

NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
MARK = re.compile(r"[<>\"']")
ATTRIBUTE = re.compile(
    r"([a-zA-Z]{1,10})[ \t\r\n]{0,9}=[ \t\r\n]{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]{1,2000}))"
)


class Token(NamedTuple):
    """A tag, or text between tags (name ""). Text may hold entities, and no `<`."""

    name: str
    text: str = ""
    closes: bool = False


def in_order(html: str) -> str:
    """Return HTML of known tags, each of them closed."""
    return "".join(map(written, tokens(html)))


def written(token: Token) -> str:
    if not token.name:
        return token.text
    return f"</{token.name}>" if token.closes else f"<{token.name}{token.text}>"


def tokens(html: str) -> Iterator[Token]:
    """Yield text and tags so that each tag is closed by its own, in the reverse order."""
    opened: list[str] = []
    for token in tags_and_text(html):
        if not token.name or token.name in VOID:
            yield from ended_by(opened, token.name)
            yield token
        elif token.closes:
            if token.name in opened:
                yield from close(opened, token.name)
        elif len(opened) < MOST_DEPTH:
            yield from ended_by(opened, token.name)
            opened.append(token.name)
            yield token
    yield from (Token(name, closes=True) for name in reversed(opened))


def ended_by(opened: list[str], name: str) -> Iterator[Token]:
    """Close what the opening of a tag ends: paragraphs, items of lists, cells."""
    ends = CLOSED_BY.get(name, set()) | ({"p"} if name in BLOCKS else set())
    for at in range(len(opened) - 1, -1, -1):
        if opened[at] in ends:
            yield from close(opened, opened[at])
            ends = ends - {"p"}
        elif opened[at] in BOUNDS or not ends:
            return


def close(opened: list[str], name: str) -> Iterator[Token]:
    """Close the innermost tag of this name, and what is open within it."""
    while opened:
        last = opened.pop()
        yield Token(last, closes=True)
        if last == name:
            return


def tags_and_text(html: str) -> Iterator[Token]:
    """Yield the tags as they stand, and the text between them; unknown tags are left out."""
    at, ends = 0, Ends(html)
    while (begin := html.find("<", at)) >= 0:
        if begin > at:
            yield Token("", html[at:begin])
        if html.startswith("<!--", begin):
            at = ends.after("-->", begin + 4)
        elif html.startswith(("<!", "<?"), begin):
            at = ends.after(">", begin + 2)
        elif found := NAME.match(html, begin):
            end = tag_end(html, found.end())
            at = end + html.startswith(">", end)
            if found[2].lower() in UNSEEN and not found[1]:
                at = ends.after(">", ends.after(f"</{found[2].lower()}", at))
            yield from tag(found, html[found.end() : end])
        else:
            yield Token("", "&lt;")
            at = begin + 1
    if at < len(html):
        yield Token("", html[at:])


def tag(found: re.Match[str], inside: str) -> Iterator[Token]:
    """Yield a tag with the attributes that it keeps; nothing for an unknown one."""
    name = found[2].lower()
    if name in KNOWN:
        yield Token(name, attributes(name, inside), closes=bool(found[1]))


class Ends:
    """Where comments and the like end; what is not found once is not looked for again."""

    def __init__(self, html: str) -> None:
        self.html, self.lower = html, html.lower()
        self.missing: set[str] = set()

    def after(self, end: str, start: int) -> int:
        """Return the place after the next `end`; `start` if there is none."""
        found = -1 if end in self.missing else self.lower.find(end, start)
        if found < 0:
            self.missing.add(end)
            return start
        return found + len(end)


def tag_end(html: str, start: int) -> int:
    """Return where a tag ends: at its `>`, or before what cannot be within it."""
    at, most = start, min(len(html), start + LONGEST_TAG)
    while found := MARK.search(html, at, most):
        at = found.end()
        if found[0] in "<>":
            return found.start()
        if "=" in html[max(start, at - 3) : at]:
            close = html.find(found[0], at, most)
            at = close + 1 if close >= 0 else at
    return most


def attributes(name: str, inside: str) -> str:
    """Return the attributes that a tag keeps, written in one way."""
    wanted = ATTRIBUTES.get(name)
    if not wanted:
        return ""
    kept = ""
    for key, double, single, bare in ATTRIBUTE.findall(inside):
        if key.lower() in wanted and len(kept) < LONGEST_TAG:
            value = (double or single or bare).replace('"', "&quot;").replace("<", "&lt;")
            kept += f' {key.lower()}="{value.replace(">", "&gt;")}"'
    return kept


def of_text(text: str) -> str:
    """Return plain text as HTML that shows it."""
    return f"<pre>{escape(text)}</pre>"

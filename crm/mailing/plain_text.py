"""Markdown as plain text: what a reader without HTML sees. Pure."""

from collections.abc import Callable, Iterable, Sequence

from markdown_it.token import Token

BREAKS = {"softbreak", "hardbreak"}


def as_text(tokens: Sequence[Token], link: Callable[[str], str]) -> str:
    """Return parsed Markdown as text: paragraphs with empty lines between them, lists with marks.

    link: an address to what is written behind the words of a link; "" writes nothing
    """
    paragraphs: list[str] = []
    marks: list[int | None] = []
    begins = ""
    for token in tokens:
        if token.type == "ordered_list_open":
            marks.append(int(token.attrs.get("start", 1)))
        elif token.type == "bullet_list_open":
            marks.append(None)
        elif token.type.endswith("_list_close"):
            marks.pop()
        elif token.type == "list_item_open":
            begins = mark(marks)
        elif token.type == "inline":
            paragraphs.append(begins + words(token.children or (), link))
            begins = ""
        elif token.type in ("fence", "code_block"):
            paragraphs.append(token.content.rstrip())
    return "\n\n".join(paragraphs)


def mark(marks: list[int | None]) -> str:
    """Return what stands before the next item of the innermost list, and count it."""
    number = marks[-1]
    if number is None:
        return "- "
    marks[-1] = number + 1
    return f"{number}. "


def words(tokens: Iterable[Token], link: Callable[[str], str]) -> str:
    """Return the words of one paragraph, each link's address in brackets behind it."""
    text, addresses = "", []
    for token in tokens:
        if token.type in BREAKS:
            text += "\n"
        elif token.type == "link_open":
            addresses.append(link(str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            address = addresses.pop()
            text += f" ({address})" if address else ""
        else:
            text += token.content
    return text

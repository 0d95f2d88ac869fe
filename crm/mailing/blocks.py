"""What a marketer writes, as mail: blocks become HTML that mail programs read, and plain text.

A block is a dict with a `kind`: heading {text}, text {text, in Markdown}, button {text, url},
image {url, alt, link}, divider. Nothing of an author's HTML survives but what nh3 lets through;
styles are inlined by css-inline. Merge fields pass through untouched (crm.mailing.merging).

The addresses of a mail are places in its text, such as `tandem-link-0-`, filled for each recipient.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import css_inline
import nh3
from django.template.loader import render_to_string
from markdown_it import MarkdownIt

from crm.mailing.letterhead import Letterhead
from crm.mailing.plain_text import as_text

Block = dict[str, str]

FIELDS: dict[str, tuple[str, ...]] = {
    "heading": ("text",),
    "text": ("text",),
    "button": ("text", "url"),
    "image": ("url", "alt", "link"),
    "divider": (),
}
"""The kinds of blocks, and what each is made of."""

MOST_BLOCKS, LONGEST = 60, 20_000
TAGS = {"p", "a", "strong", "em", "ul", "ol", "li", "br", "blockquote", "code", "h3"}
SCHEMES = {"http", "https", "mailto", "tel"}
PLACE = re.compile(r"tandem-(link|unsubscribe|preferences|pixel)-(\d*)-")
HREF = re.compile(r'href="(https?://[^"]*)"')
MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True})
INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


class BlocksNotAccepted(ValueError):
    """The blocks cannot be kept; the message says why."""


@dataclass(frozen=True)
class Rendered:
    """A mail before it is anybody's: with merge fields and places. `links` by their number."""

    html: str
    text: str
    links: tuple[str, ...]


def cleaned(blocks: Any) -> list[Block]:
    """Return blocks as they are kept, only with the fields of their kind.

    Raises BlocksNotAccepted for what is no list of known blocks, or too much of them.
    """
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS:
        raise BlocksNotAccepted(f"A mail has at most {MOST_BLOCKS} blocks.")
    kept = []
    for block in blocks:
        kind = block.get("kind") if isinstance(block, Mapping) else None
        if kind not in FIELDS:
            raise BlocksNotAccepted("A block is a heading, text, button, image or divider.")
        values = {name: str(block.get(name) or "").strip() for name in FIELDS[kind]}
        if any(len(value) > LONGEST or "\x00" in value for value in values.values()):
            raise BlocksNotAccepted(f"A block has at most {LONGEST:,} characters.")
        kept.append({"kind": kind, **values})
    return kept


def words_of(blocks: Iterable[Block]) -> str:
    """Return all that an author wrote, one line a field: where merge fields are looked for."""
    return "\n".join(block[name] for block in blocks for name in block if name != "kind")


def render(blocks: list[Block], *, subject: str, preheader: str, head: Letterhead) -> Rendered:
    """Return the mail that `blocks` make, the same for all recipients. head: who sends it."""
    links: list[str] = []
    parts = [tracked(part_of(block), links) for block in blocks]
    frame = {
        "parts": parts,
        "subject": subject,
        "preheader": preheader,
        "head": head,
    }
    plain = "\n\n".join(filter(None, (text_of(block, links) for block in blocks)))
    return Rendered(
        html=INLINER.inline(render_to_string("emails/marketing.html", frame)),
        text=render_to_string("emails/marketing.txt", {**frame, "plain": plain}),
        links=tuple(links),
    )


def part_of(block: Block) -> str:
    """Return one block as safe HTML."""
    if block["kind"] == "text":
        return nh3.clean(
            MARKDOWN.render(block["text"]),
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes=SCHEMES,
            link_rel=None,
        )
    shown = {name: value if name in ("text", "alt") else safe_url(value)
             for name, value in block.items()}  # fmt: skip
    return render_to_string("emails/_block.html", {"block": {**shown, "kind": block["kind"]}})


def safe_url(url: str) -> str:
    """Return `url` if a mail may point there, else ""."""
    scheme = url.partition(":")[0].lower()
    return url if scheme in SCHEMES and not re.search(r"[\s<>\"']", url) else ""


def tracked(part: str, links: list[str]) -> str:
    """Return a part whose web links are places; their addresses are added to `links`."""
    return HREF.sub(lambda match: f'href="{place(html.unescape(match[1]), links)}"', part)


def place(url: str, links: list[str]) -> str:
    """Return the place of a web link, the same for the same address; other links as they are."""
    if not url.startswith(("http://", "https://")):
        return url
    if url not in links:
        links.append(url)
    return f"tandem-link-{links.index(url)}-"


def text_of(block: Block, links: list[str]) -> str:
    """Return one block as plain text, its links as places too."""
    kind = block["kind"]
    if kind == "text":
        return as_text(MARKDOWN.parse(block["text"]), lambda url: place(safe_url(url), links))
    if kind == "heading":
        return f"{block['text']}\n{'-' * min(len(block['text']), 60)}"
    if kind == "button":
        return f"{block['text']}: {place(safe_url(block['url']), links)}"
    if kind == "image":
        link = safe_url(block["link"])
        return f"[{block['alt']}]" + (f" {place(link, links)}" if link else "")
    return "* * *"


def fill_places(text: str, address: Callable[[str, int], str]) -> str:
    """Return `text` with each place replaced by `address(what, number)`."""
    return PLACE.sub(lambda match: address(match[1], int(match[2] or 0)), text)

"""The parts of a person's name: given name, family name, form of address. Pure.

A name is typed as one text and split by nameparser, which knows titles, “Müller, Jürgen”, van der,
and the order of Chinese and Japanese names. A reader corrects the parts by hand; they stay as they
are until another name is typed.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from nameparser import HumanName, Lexicon

PARTS = ("given_name", "family_name", "form_of_address")
LONGEST = {"given_name": 200, "family_name": 200, "form_of_address": 60}
PLAIN = re.compile(r"([^\W\d_]+(?:[-'’][^\W\d_]+)*) ([^\W\d_]+(?:[-'’][^\W\d_]+)*)")
LATIN = 0x250
"""The letters before this one are Latin."""

WORDS = Lexicon.default()
TELLING = WORDS.titles | WORDS.particles | WORDS.suffix_words | WORDS.suffix_acronyms
"""Words that are no names of their own; where one stands, the parser decides."""


class Parts(NamedTuple):
    """How a name is split, "" for what it lacks."""

    given_name: str = ""
    family_name: str = ""
    form_of_address: str = ""


@lru_cache(4096)
def split(name: str) -> Parts:
    """Return the parts of a name; one word is a given name, an e-mail address is no name."""
    if "@" in name:
        return Parts()
    plain = PLAIN.fullmatch(name)
    if plain and max(name) < chr(LATIN) and not TELLING & set(name.lower().split()):
        return Parts(plain[1], plain[2])
    found = HumanName(name)
    given = " ".join(filter(None, (found.first, found.middle)))
    parts = Parts(given, found.last, found.title)
    return Parts(*(text[: LONGEST[part]] for part, text in zip(PARTS, parts, strict=True)))


def joined(given_name: str, family_name: str) -> str:
    """Return the whole name of one that came in two parts, at most as long as one is kept."""
    return " ".join(filter(None, (given_name, family_name)))[:200].strip()


def follow_name(kept: dict[str, Any], stored: Any) -> dict[str, Any]:
    """Return changes of a lead completed by the parts of a new name, or by the name of new parts.

    stored: the lead as it is; parts that `kept` says otherwise than it are meant so
    """
    given = {part: kept[part] for part in PARTS if part in kept}
    said = {part: text for part, text in given.items() if text != getattr(stored, part)}
    if not kept.get("name", stored.name) and said:
        kept["name"] = joined(said.get("given_name", ""), said.get("family_name", ""))
    if kept.get("name", stored.name) != stored.name:
        kept |= dict(zip(PARTS, split(kept["name"]), strict=True)) | said
    return kept


def salutation(parts: Mapping[str, str], name: str) -> str:
    """Return how a letter names its reader: “Dr. Weber”, else the given name, else the name."""
    if parts["form_of_address"] and parts["family_name"]:
        return f"{parts['form_of_address']} {parts['family_name']}"
    return parts["given_name"] or ("" if "@" in name else name)

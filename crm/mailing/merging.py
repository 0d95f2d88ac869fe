"""Merge fields: `{{ first_name }}` in a mail becomes the lead's first name. Pure.

Plain substitution and nothing more: what a marketer or a lead wrote is never run as a template.
`{{ first_name | there }}` says what stands there if the lead has no first name.
"""

import re
from collections.abc import Callable, Iterable, Mapping

FIELD = re.compile(r"\{\{\s*([A-Za-z_]\w{0,39})\s*(?:\|([^{}|]{0,150}))?\}\}")


def fill(text: str, values: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """Return `text` with each field replaced by its value, by its own fallback, or by nothing.

    escape: makes a value safe for where the text goes, such as html.escape. The fallback stands in
        the text already, and is as safe as that
    """

    def value(match: re.Match[str]) -> str:
        found = " ".join(values.get(match[1], "").split())
        return escape(found) if found else (match[2] or "").strip()

    return FIELD.sub(value, text)


def names(text: str) -> set[str]:
    """Return the fields that `text` uses."""
    return {match[1] for match in FIELD.finditer(text)}


def needed(text: str) -> set[str]:
    """Return the fields that `text` uses somewhere without a fallback."""
    return {match[1] for match in FIELD.finditer(text) if not (match[2] or "").strip()}


def missing(text: str, values: Mapping[str, str]) -> set[str]:
    """Return the fields that would leave a hole in `text`: no value, no fallback."""
    return {name for name in needed(text) if not values.get(name, "").strip()}


def unknown(text: str, known: Iterable[str]) -> set[str]:
    """Return the fields in `text` that nobody has."""
    return names(text) - set(known)

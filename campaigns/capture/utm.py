"""UTM parameters: reading them from an address, tidying names, building a link. Pure."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from leads.normalising import BadValue, one_line

PARTS = ("source", "medium", "campaign", "term", "content")
LONGEST, LONGEST_QUERY = 100, 4000
NOT_PLAIN = re.compile(r"[^\w.~-]+")

SOURCES = ("google", "linkedin", "facebook", "newsletter", "partner", "qr")
MEDIUMS = ("cpc", "social", "email", "referral", "display", "print")
"""Names that are suggested, so that one thing has one name."""


def tidy(name: str) -> str:
    """Return `name` as it is kept in links: lower case, blanks and signs as one hyphen."""
    return NOT_PLAIN.sub("-", name.strip().lower()).strip("-")[:LONGEST]


def read(query: Mapping[str, str]) -> dict[str, str]:
    """Return the UTM values among the parameters of an address, those that are there.

    Names in any case, values in lower case, so that Google and google are one source; what cannot
    be shown is left out.
    """
    query = {name.lower(): value for name, value in query.items()}
    found = {part: plain(query.get(f"utm_{part}", "")) for part in PARTS}
    return {part: value for part, value in found.items() if value}


def read_query(query: str) -> dict[str, str]:
    """Return the UTM values of the query part of an address."""
    try:
        return read(dict(parse_qsl(query[:LONGEST_QUERY], max_num_fields=100)))
    except ValueError:
        return {}


def read_url(url: str) -> dict[str, str]:
    """Return the UTM values of a whole address; none of one that cannot be read."""
    try:
        return read_query(urlsplit(url).query)
    except ValueError:
        return {}


def query(values: Mapping[str, str]) -> str:
    """Return the values as the query part of an address."""
    return urlencode([(f"utm_{part}", values[part]) for part in PARTS if values.get(part)])


def plain(text: str) -> str:
    try:
        return one_line(text[:LONGEST]).lower()
    except BadValue:
        return ""


def link(base: str, values: Mapping[str, str]) -> str:
    """Return the address `base` with these UTM values; those that it had before are replaced."""
    parts = urlsplit(base)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)
            if key.removeprefix("utm_") not in PARTS or not key.startswith("utm_")]  # fmt: skip
    added = [(f"utm_{part}", values[part]) for part in PARTS if values.get(part)]
    return urlunsplit(parts._replace(query=urlencode([*kept, *added])))


def words(values: Mapping[str, str]) -> str:
    """Return the values as people read them: “google / cpc / spring-launch”."""
    return " / ".join(values[part] for part in PARTS if values.get(part))

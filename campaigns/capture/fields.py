"""The fields that a capture form may have, and the order of those that it has. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict


class FormField(TypedDict):
    """One field of a form as it is kept: which, under what label, and whether it must be filled."""

    name: str
    label: str
    required: bool


@dataclass(frozen=True)
class Choice:
    """What a form may ask. `autocomplete` lets the browser fill in what it knows (WCAG 1.3.5)."""

    label: str
    autocomplete: str
    longest: int = 200


FIELDS: Mapping[str, Choice] = {
    "email": Choice("Work e-mail", "email", 254),
    "name": Choice("Name", "name"),
    "company": Choice("Company", "organization"),
    "job_title": Choice("Job title", "organization-title", 120),
    "phone": Choice("Phone", "tel", 40),
    "country": Choice("Country", "country", 2),
    "message": Choice("Message", "off", 2000),
}
ALWAYS = "email"


def first_fields() -> list[FormField]:
    """Return what a new form asks: name, e-mail, company."""
    return [field_of(name) for name in ("name", ALWAYS, "company")]


def field_of(name: str) -> FormField:
    return {"name": name, "label": FIELDS[name].label, "required": name == ALWAYS}


def missing(fields: list[FormField]) -> list[str]:
    """Return the names that the form does not ask yet."""
    used = {field["name"] for field in fields}
    return [name for name in FIELDS if name not in used]


def changed(fields: list[FormField], act: str) -> list[FormField]:
    """Return the fields after one act: "up:phone", "down:phone", "remove:phone" or "add:phone".

    What cannot be done (the first one up, e-mail removed, a field twice) changes nothing.
    """
    what, _, name = act.partition(":")
    at = next((index for index, field in enumerate(fields) if field["name"] == name), None)
    if what == "add" and at is None and name in FIELDS:
        return [*fields, field_of(name)]
    if what == "remove" and name != ALWAYS:
        return [field for field in fields if field["name"] != name]
    if what in ("up", "down") and at is not None:
        return swapped(fields, at, at + (1 if what == "down" else -1))
    return fields


def swapped(fields: list[FormField], one: int, other: int) -> list[FormField]:
    moved = list(fields)
    if 0 <= other < len(moved):
        moved[one], moved[other] = moved[other], moved[one]
    return moved

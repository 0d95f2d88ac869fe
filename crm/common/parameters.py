"""What stands in an address or a hidden field, read with care: a value, or None for anything else.

Python takes more for a number or a day than we do: `²` and `٣` are digits to it, a number of 5,000
digits is an error of its own kind, and at the ends of its calendar no arithmetic with
time zones is possible. What is read here can always be stored, compared and reckoned with.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from django import forms
from django.core.exceptions import ValidationError

FIRST_YEAR, LAST_YEAR = 1900, 2199
LARGEST = 2**63 - 1
"""What a column for whole numbers can hold."""

WHOLE = re.compile(r"[0-9]{1,19}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def whole_number(text: object, most: int = LARGEST) -> int | None:
    """Return the whole number, not below zero, that `text` writes in plain digits."""
    if not isinstance(text, str) or not WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if number <= most else None


def keys(texts: Iterable[str]) -> list[int]:
    """Return the keys of rows that `texts` write; what is none is left out."""
    return [key for text in texts if (key := whole_number(text)) is not None]


def day(text: object) -> date | None:
    """Return the day that `text` writes as 2026-11-30."""
    if not isinstance(text, str) or not DAY.fullmatch(text):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if is_likely(found) else None


def moment(text: object) -> datetime | None:
    """Return the moment, with its time zone, that `text` writes by ISO 8601."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo and is_likely(found) else None


def is_likely(when: date) -> bool:
    """Say whether a day or moment is far enough from the ends of the calendar."""
    return FIRST_YEAR <= when.year <= LAST_YEAR


def check_likely(when: date) -> None:
    """Raise ValidationError for a day or moment that nobody can mean."""
    if not is_likely(when):
        raise ValidationError(f"Use a year between {FIRST_YEAR} and {LAST_YEAR}.")


def bound_form_fields() -> None:
    """Let every form refuse days and moments that nobody can mean, and that none can reckon with.

    The fields of forms, of model forms and of filters are all of these two classes.
    """
    for field in (forms.DateField, forms.DateTimeField):
        if check_likely not in field.default_validators:
            field.default_validators = [*field.default_validators, check_likely]

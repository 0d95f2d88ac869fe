"""What the rules of a segment may ask for: an allow-list that other apps add to.

Each field says by which operators it is compared, what its value looks like, and builds the
condition on leads: a plain Q, or an Exists; never a join that would find one lead twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from campaigns.models import Touch
from crm.common import parameters

Choices = list[tuple[str, str]]

NOTHING, CHOICES, WORDS, NUMBER, DAYS, DATE, TOUCH = (
    "nothing", "choices", "words", "number", "days", "date", "touch",
)  # fmt: skip
"""What the value of a rule looks like."""

MOST_WORDS, LONGEST_WORD = 200, 200
MOST_DAYS, MOST_TIMES, LARGEST = 3650, 1000, 1_000_000_000


class BadRuleValue(ValueError):
    """The value of a rule cannot be used; the message says why."""


@dataclass(frozen=True)
class Operator:
    """One way to compare. input: what the value looks like, one of the words above."""

    key: str
    label: str
    input: str = NOTHING


@dataclass(frozen=True)
class Field:
    """One thing that a rule may ask of a lead.

    condition: (operator's key, cleaned value) to the condition on Lead
    choices: what can be chosen from, read when it is needed
    looks_elsewhere: the condition asks another table than leads and companies
    """

    key: str
    label: str
    group: str
    operators: tuple[Operator, ...]
    condition: Callable[[str, Any], Q]
    choices: Callable[[], Choices] = list
    looks_elsewhere: bool = False

    def operator(self, key: str) -> Operator | None:
        return next((found for found in self.operators if found.key == key), None)

    def clean(self, operator: Operator, value: Any, *, known: bool = False) -> Any:
        """Return the value as `condition` takes it. Raises BadRuleValue.

        known: refuse a choice that is not there
        """
        found = CLEANERS[operator.input](value)
        if known and operator.input == CHOICES:
            there = {key for key, _ in self.choices()}
            if gone := [word for word in found if word not in there]:
                raise BadRuleValue(f"“{gone[0][:40]}” is not there to be chosen.")
        return found


FIELDS: dict[str, Field] = {}


def register_field(field: Field) -> None:
    """Let rules ask for `field`. Called from an AppConfig.ready; its key is kept in saved rules."""
    if FIELDS.get(field.key, field) is not field:
        raise ValueError(f"two fields {field.key}")
    FIELDS[field.key] = field


def clean_nothing(value: Any) -> None:
    return None


def clean_choices(value: Any) -> list[str]:
    chosen = value if isinstance(value, list) else [value] if value else []
    if not all(isinstance(word, str | int) for word in chosen) or len(chosen) > MOST_WORDS * 2:
        raise BadRuleValue("the choice is damaged.")
    if not chosen:
        raise BadRuleValue("choose at least one.")
    if any("\x00" in str(word) for word in chosen):
        raise BadRuleValue("the choice is damaged.")
    return [str(word) for word in chosen]


def clean_words(value: Any) -> list[str]:
    """Return what stands between the commas, each word once."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise BadRuleValue("give words, separated by commas.")
    words = list(dict.fromkeys(word for part in parts if (word := part.strip())))
    if not words:
        raise BadRuleValue("give at least one word.")
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        raise BadRuleValue(f"give {MOST_WORDS} words at most, each of {LONGEST_WORD} letters.")
    if any("\x00" in word for word in words):
        raise BadRuleValue("a word has a letter that cannot be stored.")
    return words


def whole(value: Any, least: int, most: int, what: str) -> int:
    """Return a whole number within bounds. Raises BadRuleValue."""
    text = str(value).strip() if not isinstance(value, bool) else ""
    digits = text.removeprefix("-")
    if not (digits.isdecimal() and digits.isascii() and len(digits) <= 12):
        raise BadRuleValue(f"give {what}.")
    if not least <= int(text) <= most:
        raise BadRuleValue(f"give {what}, {least:,} to {most:,}.")
    return int(text)


def clean_number(value: Any) -> int:
    return whole(value, 0, LARGEST, "a whole number")


def clean_days(value: Any) -> int:
    return whole(value, 1, MOST_DAYS, "a number of days")


def clean_date(value: Any) -> date:
    day = parameters.day(str(value))
    if day is None:
        raise BadRuleValue("give a day.")
    return day


def clean_touch(value: Any) -> dict[str, Any]:
    """Return {"kind", "campaign", "days", "times"}; the first three may be blank: any, ever."""
    asked: Mapping[str, Any] = value if isinstance(value, dict) else {}
    kind = str(asked.get("kind") or "")
    if kind and kind not in Touch.Kind.values:
        raise BadRuleValue(f"there is no touch “{kind[:20]}”.")
    campaign, days, times = (asked.get(name) for name in ("campaign", "days", "times"))
    return {
        "kind": kind,
        "campaign": whole(campaign, 1, 2**62, "a campaign") if campaign else None,
        "days": whole(days, 1, MOST_DAYS, "a number of days") if days else None,
        "times": whole(times, 1, MOST_TIMES, "how many times") if times not in (None, "") else 1,
    }


CLEANERS: dict[str, Callable[[Any], Any]] = {
    NOTHING: clean_nothing,
    CHOICES: clean_choices,
    WORDS: clean_words,
    NUMBER: clean_number,
    DAYS: clean_days,
    DATE: clean_date,
    TOUCH: clean_touch,
}

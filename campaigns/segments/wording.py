"""The rules of a segment in words, for those who read them."""

from dataclasses import dataclass
from typing import Any

from campaigns.models import Campaign, Touch
from campaigns.segments import fields
from campaigns.segments.rules import ANY, Condition, Group, RulesNotAccepted, read


@dataclass(frozen=True)
class Said:
    """A group in words: how its parts are joined, and its parts: sentences, or groups again."""

    join: str
    parts: list["str | Said"]


def said(tree: Any) -> Said | None:
    """Return the rules in words, None if they cannot be understood."""
    try:
        return say_group(read(tree))
    except RulesNotAccepted:
        return None


def say_group(group: Group) -> Said:
    parts = [say_group(part) if isinstance(part, Group) else sentence(part) for part in group.parts]
    if len(parts) == 1 and isinstance(parts[0], Said):
        return parts[0]
    return Said("or" if group.join == ANY else "and", parts)


def lone(part: "str | Said") -> "str | Said":
    """Return the sentence of a group that has no other; brackets around one say nothing."""
    return part.parts[0] if isinstance(part, Said) and len(part.parts) == 1 else part


def sentence(rule: Condition) -> str:
    """Return one rule as a sentence: “Score is at least 50”."""
    label, words, value = rule.field.label, rule.operator.label, rule.value
    if rule.operator.input == fields.TOUCH:
        return touch_words(words, value)
    if rule.operator.input == fields.DAYS:
        return f"{label} {words.replace('…', str(value))}"
    if rule.operator.input == fields.CHOICES:
        names = dict(rule.field.choices())
        value = ", ".join(str(names.get(word, f"“{word}”, which is gone")) for word in value)
    elif rule.operator.input == fields.WORDS:
        value = ", ".join(value)
    elif rule.operator.input == fields.DATE:
        value = f"{value:%-d %b %Y}"
    return f"{label} {words} {value}" if value is not None else f"{label}: {words}"


def touch_words(words: str, asked: dict[str, Any]) -> str:
    kind = Touch.Kind(asked["kind"]).label if asked["kind"] else "any touch"
    text = f"{words.capitalize()} {kind.lower()}"
    if asked["campaign"]:
        campaign = Campaign.objects.filter(pk=asked["campaign"]).first()
        text += f" of {campaign or 'a campaign that is gone'}"
    if asked["times"] > 1:
        text += f", at least {asked['times']} times"
    return text + (f", in the last {asked['days']} days" if asked["days"] else "")

"""A whole set of scoring rules as plain data: what a version freezes and a draft changes.

Each rule is a dict of FIELDS and its `key`: the stored rule's number as text, or new-1, new-2 …
while it is in a draft. The order is the order of reading.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campaigns.models import ScoringRule, Touch
from campaigns.scoring import Rule

FIELDS = ("name", "kind", "field", "operator", "values", "touch_kind", "points", "cap",
          "half_life_days", "is_active")  # fmt: skip

RuleData = dict[str, Any]
RuleSet = list[RuleData]


def freeze(rows: Iterable[ScoringRule]) -> RuleSet:
    """Return stored rules as data."""
    return [{"key": str(row.pk), **fields_of(row)} for row in rows]


def fields_of(row: ScoringRule) -> RuleData:
    return {name: getattr(row, name) for name in FIELDS}


def thaw(data: RuleData) -> ScoringRule:
    """Return a rule as a row that is not saved, for a form or for words."""
    key = data["key"]
    return ScoringRule(pk=int(key) if key.isdecimal() else None,
                       **{name: data[name] for name in FIELDS})  # fmt: skip


def find(rules: RuleSet, key: str) -> RuleData | None:
    return next((rule for rule in rules if rule["key"] == key), None)


def with_rule(rules: RuleSet, row: ScoringRule, key: str = "") -> RuleSet:
    """Return the set with `row` in place of the rule `key`, or behind the others."""
    if find(rules, key):
        return [{"key": key, **fields_of(row)} if rule["key"] == key else rule for rule in rules]
    return [*rules, {"key": new_key(rules), **fields_of(row)}]


def new_key(rules: RuleSet) -> str:
    taken = [int(rule["key"][4:]) for rule in rules if rule["key"].startswith("new-")]
    return f"new-{max(taken, default=0) + 1}"


def with_active(rules: RuleSet, key: str, active: bool) -> RuleSet:
    return [{**rule, "is_active": active} if rule["key"] == key else rule for rule in rules]


def moved(rules: RuleSet, key: str, *, up: bool) -> RuleSet:
    """Return the set with the rule one place up or down among those of its kind."""
    rule = find(rules, key)
    if rule is None:
        return rules
    same = [index for index, other in enumerate(rules) if other["kind"] == rule["kind"]]
    at = same.index(rules.index(rule))
    to = at - 1 if up else at + 1
    if not 0 <= to < len(same):
        return rules
    order = list(rules)
    order[same[at]], order[same[to]] = order[same[to]], order[same[at]]
    return order


def as_rules(rules: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Return those of the set that count, as the arithmetic takes them."""
    return [
        Rule(
            id=int(rule["key"]) if str(rule["key"]).isdecimal() else None,
            label=rule["name"],
            kind=rule["kind"],
            points=rule["points"],
            field=rule["field"],
            operator=rule["operator"],
            values=tuple(str(value) for value in rule["values"]),
            touch_kind=rule["touch_kind"],
            cap=rule["cap"],
            half_life_days=rule["half_life_days"],
        )
        for rule in rules
        if rule["is_active"]
    ]


@dataclass(frozen=True)
class Change:
    """What became of one rule: its words before and after; "" where it was not there."""

    key: str
    name: str
    before: str
    after: str


def changes(before: Sequence[RuleData], after: Sequence[RuleData]) -> list[Change]:
    """Return how two sets differ, rule by rule; a mere change of their order last."""
    old, new = ({rule["key"]: rule for rule in rules} for rules in (before, after))
    found = [
        Change(key, (new.get(key) or old[key])["name"], words(old.get(key)), words(new.get(key)))
        for key in dict.fromkeys([*old, *new])
        if without_key(old.get(key)) != without_key(new.get(key))
    ]
    kept = [key for key in new if key in old]
    if not found and kept != [key for key in old if key in new]:
        return [Change("", "The order of reading", "", "changed")]
    return found


def without_key(rule: RuleData | None) -> RuleData | None:
    return None if rule is None else {name: rule[name] for name in FIELDS}


def words(rule: RuleData | None) -> str:
    """Return a rule in words, "" for none."""
    if rule is None:
        return ""
    off = "" if rule["is_active"] else ", switched off"
    return f"{rule['name']}: {condition_words(rule)}, {rule['points']:+d}{limit_words(rule)}{off}"


def condition_words(rule: RuleData) -> str:
    if rule["kind"] == ScoringRule.Kind.ENGAGEMENT:
        return str(Touch.Kind(rule["touch_kind"]).label)
    field = ScoringRule.Field(rule["field"]).label
    operator = ScoringRule.Operator(rule["operator"]).label
    return f"{field} {operator} {', '.join(str(value) for value in rule['values'])}".strip()


def limit_words(rule: RuleData) -> str:
    most = f", at most {rule['cap']}" if rule["cap"] is not None else ""
    half = f", half after {rule['half_life_days']} d" if rule["half_life_days"] else ""
    return most + half

"""The rules of a segment: a tree of groups, read and checked before it selects anybody.

A group is {"join": "all" or "any", "rules": [...]}, each of them a group or a rule; a rule is
{"field", "operator", "value"}. What a rule may ask is in the registry (campaigns.segments.fields).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from campaigns.segments.fields import FIELDS, BadRuleValue, Field, Operator
from leads.models import Lead

ALL, ANY = "all", "any"
MOST_RULES, DEEPEST = 50, 5

Tree = dict[str, Any]
Path = tuple[int, ...]
"""Where a rule stands: its place in the group, that group's place in its own, from the top."""


@dataclass
class RulesNotAccepted(ValueError):
    """The rules cannot be understood. errors: the place of a rule to what is wrong, in words.

    The empty place () stands for the rules as a whole.
    """

    errors: dict[Path, str]

    def __str__(self) -> str:
        return " ".join(dict.fromkeys(self.errors.values()))


@dataclass(frozen=True)
class Condition:
    """One rule that is understood."""

    field: Field
    operator: Operator
    value: Any

    @property
    def looks_elsewhere(self) -> bool:
        return self.field.looks_elsewhere

    def q(self) -> Q:
        return self.field.condition(self.operator.key, self.value)


@dataclass(frozen=True)
class Group:
    """Rules and groups of which all, or any, must hold."""

    join: str
    parts: tuple["Condition | Group", ...]

    @property
    def looks_elsewhere(self) -> bool:
        return any(part.looks_elsewhere for part in self.parts)

    def q(self) -> Q:
        """Return the condition on leads.

        Alternatives that look into other tables are united, lead by lead, instead of joined by OR:
        the database can then answer each as a join, where OR would look up every lead singly.
        """
        conditions = [part.q() for part in self.parts]
        if self.join == ALL:
            return Q(*conditions)
        if len(conditions) > 1 and self.looks_elsewhere:
            first, *others = (Lead.objects.filter(each).values("pk") for each in conditions)
            return Q(pk__in=first.union(*others))
        return Q(*conditions, _connector=Q.OR)


def read(tree: Any, *, known_values: bool = False) -> Group:
    """Return the rules as they select leads. Raises RulesNotAccepted with all that is wrong.

    known_values: also refuse a choice that is not there (any more); asked before rules are saved.
        A saved rule about a campaign that has gone simply selects nobody.
    """
    errors: dict[Path, str] = {}
    group = read_group(tree, (), errors, known_values)
    count = sum(1 for _ in leaves(tree)) if not errors else 0
    if not errors and not count:
        errors[()] = "Give at least one rule."
    if count > MOST_RULES:
        errors[()] = f"A segment may have {MOST_RULES} rules at most."
    if errors or group is None:
        raise RulesNotAccepted(errors)
    return group


def read_group(tree: Any, path: Path, errors: dict[Path, str], known: bool) -> Group | None:
    """Return the group at `path`; note in `errors` what cannot be understood."""
    if fault := damage(tree, path):
        errors[path] = fault
        return None
    parts: list[Condition | Group] = []
    for index, node in enumerate(tree["rules"]):
        is_group = isinstance(node, dict) and "rules" in node
        here = (*path, index)
        part = (read_group if is_group else read_rule)(node, here, errors, known)
        if isinstance(part, Condition) or (part and part.parts):
            parts.append(part)
    return Group(tree["join"], tuple(parts))


def damage(tree: Any, path: Path) -> str:
    """Say what is wrong with a group, apart from what is in it; "" if nothing is."""
    if not isinstance(tree, dict) or not isinstance(tree.get("rules"), list):
        return "These rules are damaged."
    if tree.get("join") not in (ALL, ANY):
        return "Say whether all or any of the rules must hold."
    if len(path) >= DEEPEST:
        return f"Groups may stand in one another {DEEPEST} deep at most."
    return ""


def read_rule(node: Any, path: Path, errors: dict[Path, str], known: bool) -> Condition | None:
    """Return the rule at `path`; note in `errors` what cannot be understood."""
    if not isinstance(node, dict):
        errors[path] = "These rules are damaged."
        return None
    field = FIELDS.get(str(node.get("field", "")))
    if field is None:
        name = str(node.get("field", ""))[:40]
        errors[path] = f"There is no field “{name}”." if name else "Choose what to ask for."
        return None
    operator = field.operator(str(node.get("operator", "")))
    if operator is None:
        word = str(node.get("operator", ""))[:40]
        errors[path] = f"{field.label} cannot be compared by “{word}”."
        return None
    try:
        return Condition(field, operator, field.clean(operator, node.get("value"), known=known))
    except BadRuleValue as fault:
        errors[path] = f"{field.label}: {fault}"
        return None


def leaves(tree: Any) -> Iterator[Any]:
    """Yield the rules of a tree without its groups."""
    for node in tree.get("rules", []):
        if isinstance(node, dict) and "rules" in node:
            yield from leaves(node)
        else:
            yield node

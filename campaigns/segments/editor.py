"""The rules of a segment as a form: groups of rows, with buttons that add and remove them.

The editor knows two levels. It is read from what was posted, changed by the button that was
pressed, and drawn again; without JavaScript each of these is a page load.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from campaigns.models import Campaign, Touch
from campaigns.segments import fields
from campaigns.segments.fields import FIELDS, Choices, Field, Operator
from campaigns.segments.rules import ALL, ANY, Path, RulesNotAccepted, Tree
from crm.common import parameters

JOINS: Choices = [(ALL, "all"), (ANY, "any")]
NAME = re.compile(r"g-(\d{1,3})(?:-r-(\d{1,3}))?-(join|field)")
MOST_SHOWN = 100


@dataclass
class Row:
    """One rule while it is written: perhaps without a field yet, perhaps with a faulty value."""

    key: str = ""
    compare: str = ""
    value: Any = None
    prefix: str = ""
    error: str = ""

    @cached_property
    def field(self) -> Field | None:
        return FIELDS.get(self.key)

    @property
    def operator(self) -> Operator | None:
        """The operator that the row shows: the first one until another is chosen."""
        if self.field is None:
            return None
        return self.field.operator(self.compare) or self.field.operators[0]

    @property
    def input(self) -> str:
        return self.operator.input if self.operator else fields.NOTHING

    @property
    def chosen(self) -> list[str]:
        return [str(word) for word in self.value] if isinstance(self.value, list) else []

    @property
    def text(self) -> str:
        return ", ".join(self.chosen) if isinstance(self.value, list) else str(self.value or "")

    @property
    def touch(self) -> dict[str, Any]:
        return self.value if isinstance(self.value, dict) else {}

    @cached_property
    def choices(self) -> Choices:
        return self.field.choices() if self.field and self.input == fields.CHOICES else []

    @property
    def chosen_words(self) -> str:
        """What is chosen, in words: the closed list shows it."""
        names = [label for value, label in self.choices if value in self.chosen]
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

    @property
    def kinds(self) -> Choices:
        return list(Touch.Kind.choices)

    def node(self) -> Tree:
        operator = self.operator.key if self.operator else self.compare
        return {"field": self.key, "operator": operator, "value": self.value}


@dataclass
class Group:
    join: str = ALL
    rows: list[Row] = field(default_factory=lambda: [Row()])
    error: str = ""


@dataclass
class Editor:
    """Groups of rows. `join` is between the groups, each group's own between its rows."""

    join: str = ALL
    groups: list[Group] = field(default_factory=lambda: [Group()])
    error: str = ""

    @property
    def joins(self) -> Choices:
        return JOINS

    def tree(self) -> Tree:
        """Return the rules as a segment keeps them; not checked."""
        groups = [
            {"join": group.join, "rules": [row.node() for row in group.rows]}
            for group in self.groups
        ]
        return {"join": self.join, "rules": groups}

    def numbered(self) -> "Editor":
        """Give every row the name of its inputs."""
        for index, group in enumerate(self.groups):
            for number, row in enumerate(group.rows):
                row.prefix = f"g-{index}-r-{number}"
        return self

    def blame(self, fault: RulesNotAccepted) -> None:
        """Put what is wrong beside the row where it is wrong."""
        for path, words in fault.errors.items():
            place = self.at(path)
            place.error = words

    def at(self, path: Path) -> "Editor | Group | Row":
        if len(path) == 1:
            return self.groups[path[0]]
        return self.groups[path[0]].rows[path[1]] if path else self

    @property
    def field_groups(self) -> list[tuple[str, list[Field]]]:
        found: dict[str, list[Field]] = {}
        for each in FIELDS.values():
            found.setdefault(each.group, []).append(each)
        return list(found.items())

    @cached_property
    def campaigns(self) -> list[Campaign]:
        return list(Campaign.objects.order_by("name").only("name"))


def from_tree(tree: Tree) -> Editor | None:
    """Return the editor of saved rules; None if they stand deeper than it can show."""
    nodes = tree.get("rules", [])
    plain = [node for node in nodes if "rules" not in node]
    groups = [node for node in nodes if "rules" in node]
    if any("rules" in node for group in groups for node in group["rules"]):
        return None
    join = tree.get("join", ALL)
    parts = [Group(join, rows_of(plain))] if plain else []
    parts += [Group(group.get("join", ALL), rows_of(group["rules"])) for group in groups]
    return Editor(join, parts or [Group()]).numbered()


def rows_of(nodes: Iterable[Tree]) -> list[Row]:
    return [Row(node.get("field", ""), node.get("operator", ""), node.get("value"))
            for node in nodes]  # fmt: skip


def from_post(data: QueryDict) -> Editor:
    """Return the editor as it was posted, in the order of its numbers, changed by the button."""
    found: dict[int, dict[int, Row]] = {}
    for name in data:
        if match := NAME.fullmatch(name):
            rows = found.setdefault(int(match[1]), {})
            if match[2] and match[3] == "field":
                rows[int(match[2])] = posted_row(data, name.removesuffix("-field"))
    groups = [
        Group(one_of(data.get(f"g-{number}-join")), [row for _, row in sorted(rows.items())])
        for number, rows in sorted(found.items())
    ]
    editor = Editor(one_of(data.get("join")), groups[:MOST_SHOWN] or [Group()])
    act(editor, data.get("act", ""))
    return editor.numbered()


def one_of(join: str | None) -> str:
    return ANY if join == ANY else ALL


def posted_row(data: QueryDict, prefix: str) -> Row:
    """Return a row with its value in the shape that its operator wants."""
    row = Row(data.get(f"{prefix}-field", ""), data.get(f"{prefix}-operator", ""), prefix=prefix)
    if row.input == fields.CHOICES:
        row.value = data.getlist(f"{prefix}-value")
    elif row.input == fields.TOUCH:
        names = ("kind", "campaign", "days", "times")
        row.value = {name: data.get(f"{prefix}-{name}", "") for name in names}
    elif row.input != fields.NOTHING:
        row.value = data.get(f"{prefix}-value", "")
    return row


def act(editor: Editor, button: str) -> None:
    """Do what a button of the editor says: add-0, remove-0-1, drop-0 or group."""
    word, *numbers = button.split("-")
    places = parameters.keys(numbers)
    groups = editor.groups
    if word == "group":
        groups.append(Group())
    elif places and places[0] < len(groups):
        rows = groups[places[0]].rows
        if word == "add":
            rows.append(Row())
        elif word == "drop":
            del groups[places[0]]
        elif word == "remove" and len(places) == 2 and places[1] < len(rows):
            del rows[places[1]]
            if not rows and len(groups) > 1:
                del groups[places[0]]
    if not groups:
        groups.append(Group())

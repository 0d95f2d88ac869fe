"""What leads are told apart by in reports: one rule for grouping, naming and finding them again.

A value is written as text: the key of a channel, campaign, user or team; an industry or a size as
it stands; “none” where a lead has none.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from campaigns.models import Campaign
from crm.common import parameters
from crm.users.models import Team, User
from leads.models import Channel, CompanySize

NONE = "none"
NO_NAME = "(none)"

Named = dict[str, tuple[str, str]]
"""Value to its lasting key in files and its label on pages."""


@dataclass(frozen=True)
class Dimension:
    """label: “Channel”; column: from a lead; name: (values) to their keys and labels"""

    key: str
    label: str
    column: str
    name: Callable[[Collection[str]], Named]
    is_text: bool = False

    def path(self, prefix: str = "") -> str:
        """Return the column from a row whose lead is `prefix`, such as "lead__"."""
        return f"{prefix}{self.column}"

    def written(self, value: Any) -> str:
        return NONE if value is None or value == "" else str(value)

    def grouped(self, rows: Any) -> Any:
        """Return the queryset with `group`: a row's value, one and the same where there is none."""
        column = F(self.column)
        return rows.annotate(group=Coalesce(column, Value("")) if self.is_text else column)

    def condition(self, value: str, prefix: str = "") -> Q:
        """Return the condition that a row's lead is of this value. Raises BadRequest."""
        if value == NONE:
            none = Q(**{self.path(prefix): None})
            return none | Q(**{self.path(prefix): ""}) if self.is_text else none
        if self.is_text:
            return Q(**{self.path(prefix): value})
        return Q(**{self.path(prefix): row_key(value)})

    def names(self, values: Iterable[str]) -> Named:
        """Return key and label of each value. What is gone from the database is "(none)" too."""
        asked = [value for value in values if value != NONE]
        found = self.name(asked) if asked else {}
        return {value: found.get(value, (NO_NAME, NO_NAME)) for value in [*asked, NONE]}


def row_key(value: str) -> int:
    """Return the key of the row that is a group's value. Raises BadRequest."""
    key = parameters.whole_number(value)
    if key is None:
        raise BadRequest("The report's link is damaged. Open it from the report again.")
    return key


def channels(values: Collection[str]) -> Named:
    rows = Channel.objects.filter(pk__in=map(int, values)).values_list("pk", "key", "name")
    return {str(pk): (key, name) for pk, key, name in rows}


def of_model(model: Any) -> Callable[[Collection[str]], Named]:
    def name(values: Collection[str]) -> Named:
        rows = model._default_manager.filter(pk__in=[int(value) for value in values])
        return told_apart(rows.values_list("pk", "name"))

    return name


def told_apart(named: Iterable[tuple[int, str]]) -> Named:
    """Return key and label of each; those who share a name get their number behind it."""
    found = [(pk, name or NO_NAME) for pk, name in named]
    often = Counter(name for _, name in found)
    written = {pk: name if often[name] == 1 else f"{name} #{pk}" for pk, name in found}
    return {str(pk): (name, name) for pk, name in written.items()}


def as_written(values: Collection[str]) -> Named:
    return {value: (value, value) for value in values}


def sizes(values: Collection[str]) -> Named:
    labels = dict(CompanySize.choices)
    return {value: (value, str(labels.get(value, value))) for value in values}


def seen_from(lead: str, **own: str) -> dict[str, Dimension]:
    """Return the dimensions of rows that belong to a lead.

    lead: the way to it, “lead__”; own: what the rows say themselves, such as a deal's rep="owner"
    """
    return {
        key: replace(one, column=own.get(key, f"{lead}{one.column}"))
        for key, one in DIMENSIONS.items()
    }


DIMENSIONS = {
    one.key: one
    for one in [
        Dimension("channel", "Channel", "channel", channels),
        Dimension("campaign", "Campaign", "campaign", of_model(Campaign)),
        Dimension("industry", "Industry", "company__industry", as_written, is_text=True),
        Dimension("size", "Company size", "company__size", sizes, is_text=True),
        Dimension("rep", "Rep", "owner", of_model(User)),
        Dimension("team", "Team", "team", of_model(Team)),
    ]
}

OF_DEALS = seen_from("lead__", rep="owner", team="team")
OF_HANDOFFS = seen_from("lead__", rep="rep", team="team")
OF_ACTIVITIES = seen_from("lead__", rep="by", team="by__team")

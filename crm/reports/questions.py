"""What a report can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.utils.timezone import localdate

from crm.common import parameters
from crm.common.periods import Period
from crm.users.models import Organisation, Scope, User

COHORT, PERIOD = "cohort", "period"
COUNTINGS = {COHORT: "Cohort", PERIOD: "Period"}
SHARED = "shared"
"""What cohort and period have in common: leads that came in during the period, and what they
reached within it."""
NOBODY = "none"


class NotAnswerable(ValueError):
    """The report cannot be asked this; the message says what it can."""


GROUPINGS = {
    "channel": "Channel",
    "campaign": "Campaign",
    "segment": "Segment",
    "industry": "Industry",
    "size": "Company size",
    "rep": "Rep",
    "team": "Team",
    "month": "Month",
}
"""What the funnel is broken down by."""


def today() -> date:
    """Return the present day by the organisation's calendar."""
    return localdate(timezone=Organisation.get().zone)


@dataclass(frozen=True)
class Question:
    """What a report is asked.

    counting: "cohort" follows the leads that came in during the period, to wherever they got
        since; "period" counts what was reached during the period, whenever the lead came in
    by: what the main table is broken down by, one of the report's own choices
    user: whose row scope limits the rows; None (the command line) sees all
    before: the period to compare with, None for none
    whose: “user-7” or “team-2” limits the rows to an owner or a team; "" is everybody's
    more: what the report asks besides (Report.options), as text; what was not said is left out
    """

    period: Period = field(default_factory=Period)
    counting: str = COHORT
    by: str = "channel"
    user: User | None = None
    before: Period | None = None
    whose: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def sees_all(self) -> bool:
        """Whether the user's row scope holds nothing back. `whose` may still."""
        return self.user is None or self.user.scope == Scope.ALL

    def seen(self, rows: Any) -> Any:
        """Return those of `rows` that the user sees."""
        return rows.visible_to(self.user) if self.user else rows

    @property
    def asked(self) -> dict[str, str]:
        """The question in words, for files and for those who read them."""
        words = {"by": self.by, "counting": self.counting, "period": str(self.period)}
        if self.before:
            words["compared_with"] = str(self.before)
        return words | ({"whose": self.whose} if self.whose else {}) | dict(self.more)


def within(period: Period, column: str = "at") -> Q:
    """Return the condition that the moment `column` lies in the period."""
    start, end = period.bounds(Organisation.get().zone)
    condition = Q()
    if start:
        condition &= Q(**{f"{column}__gte": start})
    if end:
        condition &= Q(**{f"{column}__lt": end})
    return condition


def on_days(period: Period, column: str = "day") -> Q:
    """Return the condition that the day `column` lies in the period."""
    condition = Q()
    if period.first:
        condition &= Q(**{f"{column}__gte": period.first})
    if period.end:
        condition &= Q(**{f"{column}__lt": period.end})
    return condition


def of_whom(whose: str, *, owner: str = "owner", team: str = "team") -> Q:
    """Return the condition that a row belongs to whom the control “Whose” names; "" is everybody.

    owner, team: the columns that say so, such as "lead__owner"
    Raises BadRequest for a damaged word.
    """
    if not whose:
        return Q()
    kind, _, key = whose.partition("-")
    column = {"user": owner, "team": team}.get(kind)
    number = parameters.whole_number(key)
    if column is None or not (key == NOBODY or number is not None):
        raise BadRequest("The report's link is damaged. Open it from the report again.")
    return Q(**{column: number})

"""Which activities stand behind the numbers of the report “Activity”."""

from typing import Any

from django.db.models import Q

from crm.activities.models import Activity
from crm.common.periods import Period
from crm.reports.dimensions import OF_ACTIVITIES
from crm.reports.questions import Question, of_whom, within
from crm.reports.rows import Params, RowSet, in_period, url_of
from crm.reports.velocity.chosen import asked, in_group
from crm.users.models import User

REACHED = Q(kind=Activity.Kind.CALL, outcome=Activity.Outcome.REACHED)
CONTACTS = Q(kind__in=Activity.CONTACTS)
PARTS = {
    "all": Q(),
    "contacts": CONTACTS,
    "reached": REACHED,
    **{kind.value: Q(kind=kind) for kind in Activity.Kind},
}
"""Calls, e-mails and the rest; calls that reached somebody; contacts: all but notes."""


def done(period: Period, part: str = "all", whose: str = "") -> Any:
    """Return the activities of the period, or a part of PARTS."""
    whom = of_whom(whose, owner="by", team="by__team")
    return Activity.objects.filter(within(period), PARTS[part], whom)


def activities_url(question: Question, part: str, value: str = "") -> str:
    return url_of("activities", part=part, **asked(question, value))


def outcome_url(question: Question, kind: str, said: str) -> str:
    return url_of(
        "activity-outcomes",
        kind=kind,
        said=said,
        whose=question.whose,
        **in_period(question.period),
    )


def activities_of(params: Params, user: User | None) -> Any:
    found = done(params.period, params.choice("part", PARTS), params.text("whose"))
    return found.filter(in_group(params, OF_ACTIVITIES))


def outcomes_of(params: Params, user: User | None) -> Any:
    """Return the calls with an outcome, or the demos with a reaction; “-”: with none."""
    kind = params.choice("kind", (Activity.Kind.CALL, Activity.Kind.DEMO))
    column = "outcome" if kind == Activity.Kind.CALL else "reaction"
    said = params.text("said").removeprefix("-")
    found = done(params.period, kind, params.text("whose"))
    return found.filter(**{column: said})


SETS = (
    RowSet(
        "activities",
        "activities",
        activities_of,
        lambda params: f"Activities ({params.text('part')}): {params.period}",
    ),
    RowSet(
        "activity-outcomes",
        "activities",
        outcomes_of,
        lambda params: f"{params.text('kind').capitalize()}s by outcome: {params.period}",
    ),
)

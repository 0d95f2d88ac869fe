"""Which rows stand behind the numbers of the alignment: number and list come from here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.alignment.measures import ATTEMPT_DAYS
from crm.common.periods import Period
from crm.funnel.models import IN_TIME, Handoff, MqlDefinition, StageEntry, Verdict
from crm.reports.drill import Cell as Leads
from crm.reports.kinds import KINDS
from crm.reports.questions import PERIOD, within
from crm.reports.rows import LEADS, Params, RowSet, in_period, url_of
from crm.stages import Stage
from crm.users.models import User
from leads.models import Lead

ATTEMPTED = timedelta(days=ATTEMPT_DAYS)
ACCEPTANCE = "lead__handoffs__"
"""From an activity to the handoff by which sales took its lead."""
CLOSES = (Verdict.Kind.WON, Verdict.Kind.LOST)


@dataclass(frozen=True)
class Number:
    """Rows that one number counts, each dated by the moment in the column `at`.

    kind: as lists show them, a key of KINDS or “leads”; words: for the head of the list
    """

    name: str
    kind: str
    at: str
    words: str
    condition: Callable[[], Q] = Q

    @property
    def model(self) -> Any:
        return {
            "handoffs": Handoff, "verdicts": Verdict, "activities": Activity, LEADS: StageEntry
        }[self.kind]  # fmt: skip

    def rows(self, period: Period) -> Any:
        """Return the rows of the period, each once."""
        found = self.model.objects.filter(within(period, self.at), self.condition())
        if self.kind != "activities":
            return found
        return self.model.objects.filter(pk__in=found.order_by().values("pk"))

    def url(self, period: Period) -> str:
        if self.kind == LEADS:
            return Leads(Stage.MQL, counting=PERIOD, period=period).url
        return url_of(f"promised-{self.kind}", part=self.name, **in_period(period))

    def seen(self, user: User) -> Q:
        """Return the condition of the rows that `user` sees, as their list shows them."""
        if self.kind == LEADS:
            return Q(lead__in=Lead.objects.visible_to(user))
        return Q(pk__in=KINDS[self.kind].scoped(self.model.objects.all(), user).values("pk"))


def became_mql() -> Q:
    return Q(stage=Stage.MQL)


def is_accepted() -> Q:
    return Q(outcome=Handoff.Outcome.ACCEPTED)


def is_tried() -> Q:
    """Accepted long enough ago for the attempts to be counted."""
    return is_accepted() & Q(answered_at__lte=now() - ATTEMPTED)


def is_due() -> Q:
    """Of those with a deadline: answered, or waiting beyond it."""
    return Q(answered_at__isnull=False) | Q(due_at__lt=now())


def is_judged() -> Q:
    return Q(answered_at__isnull=False)


def is_in_time() -> Q:
    return IN_TIME


def is_close() -> Q:
    return Q(kind__in=CLOSES, withdrawn_at=None)


def is_said() -> Q:
    return is_close() & Q(good_lead__isnull=False)


def is_complete() -> Q:
    """The lead has what the definition asked for under which it was handed over.

    And a company, and an address or a number: without these nobody can be contacted.
    """
    by_fields: dict[frozenset[str], list[int]] = {}
    for pk, fields in MqlDefinition.objects.values_list("pk", "required_fields"):
        by_fields.setdefault(frozenset(fields), []).append(pk)
    asked = [
        Q(definition__in=versions) & reduce(lambda one, two: one & two, map(is_filled, fields), Q())
        for fields, versions in by_fields.items()
    ]
    reachable = is_filled("email") | is_filled("phone")
    return reduce(or_, asked) & is_filled("company") & reachable


def is_filled(field: str) -> Q:
    known = Q(**{f"lead__{field}__isnull": False})
    return known if field == "company" else known & ~Q(**{f"lead__{field}": ""})


def is_attempt() -> Q:
    """What somebody of ours did within the days after his side had taken the lead."""
    taken = f"{ACCEPTANCE}answered_at"
    return (
        Q(**{f"{ACCEPTANCE}outcome": Handoff.Outcome.ACCEPTED})
        & Q(**{f"{taken}__lte": now() - ATTEMPTED})
        & Q(**{f"{taken}__lte": F("at"), f"{taken}__gt": F("at") - ATTEMPTED})
        & Q(kind__in=Activity.CONTACTS, by__isnull=False)
    )


NUMBERS = {
    number.name: number
    for number in [
        Number("mqls", LEADS, "at", "Became MQLs", became_mql),
        Number("answered", "handoffs", "answered_at", "Handoffs answered"),
        Number("accepted", "handoffs", "answered_at", "Handoffs accepted", is_accepted),
        Number(
            "tried",
            "handoffs",
            "answered_at",
            f"Handoffs accepted, {ATTEMPT_DAYS} days or longer ago",
            is_tried,
        ),
        Number("handed", "handoffs", "opened_at", "Leads handed over"),
        Number("complete", "handoffs", "opened_at", "Handed over with complete data", is_complete),
        Number("due", "handoffs", "due_at", "Handoffs due", is_due),
        Number("judged", "handoffs", "due_at", "Handoffs due, answered", is_judged),
        Number("in_time", "handoffs", "due_at", "Handoffs due, answered in time", is_in_time),
        Number("closed", "verdicts", "at", "Deals closed", is_close),
        Number("said", "verdicts", "at", "Deals closed, good lead or not", is_said),
        Number(
            "attempts",
            "activities",
            f"{ACCEPTANCE}answered_at",
            f"Contacts within {ATTEMPT_DAYS} days after the acceptance",
            is_attempt,
        ),
    ]
}


def select(params: Params, user: User | None) -> Any:
    return number_of(params).rows(params.period)


def label(params: Params) -> str:
    return f"{number_of(params).words}: {params.period}"


def number_of(params: Params) -> Number:
    return NUMBERS[params.choice("part", NUMBERS)]


ROW_SETS = tuple(
    RowSet(f"promised-{kind}", kind, select, label)
    for kind in ("handoffs", "verdicts", "activities")
)

"""Which rows stand behind the numbers of velocity and response: number and list come from here."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q

from crm.common.periods import Period
from crm.funnel.models import Handoff, handoffs
from crm.reports.dimensions import OF_DEALS, OF_HANDOFFS, Dimension
from crm.reports.questions import Question, of_whom, on_days, within
from crm.reports.rows import LEADS, Params, RowSet, in_period, url_of
from crm.stages import Stage
from crm.users.models import Organisation, User
from deals.models import Deal
from leads.models import Lead

WON, LOST, CLOSED = "won", "lost", "closed"
DEALS = {WON: Q(status=WON), LOST: Q(status=LOST), CLOSED: Q(status__in=[WON, LOST])}

ANSWERED, IN_TIME, LATE, ACCEPTED = "answered", "in-time", "late", "accepted"
ROUTED, MEASURED, CONTACTED = "routed", "measured", "contacted"
HANDOFFS = {
    ANSWERED: Q(),
    IN_TIME: handoffs.IN_TIME,
    LATE: handoffs.LATE,
    ACCEPTED: Q(outcome=Handoff.Outcome.ACCEPTED),
    ROUTED: Q(routed_at__isnull=False),
    MEASURED: Q(answer_minutes__isnull=False),
    CONTACTED: Q(first_contact_at__isnull=False),
}
"""Of the answered handoffs. in-time, late: those with a deadline; measured: whose business minutes
are known; contacted: followed by a first contact."""

BACK = (Handoff.Outcome.REJECTED, Handoff.Outcome.RECYCLED)
OFTEN = 2
"""Returns from which on a lead counts as going to and fro."""
MANY = 3
"""Attempts from which on they are counted together."""


def closed(period: Period, part: str = CLOSED, whose: str = "") -> Any:
    """Return the deals closed in the period: won, lost or both."""
    return Deal.objects.filter(DEALS[part], on_days(period, "closed_on"), of_whom(whose))


def answered(period: Period, part: str = ANSWERED, whose: str = "") -> Any:
    """Return the handoffs that sales answered in the period, or a part of HANDOFFS."""
    whom = of_whom(whose, owner="rep", team="team")
    return Handoff.objects.filter(within(period, "answered_at"), HANDOFFS[part], whom)


def attempts(period: Period, number: int | None, outcome: str = "", whose: str = "") -> Any:
    """Return the handoffs opened in the period as attempt `number`, from MANY on together."""
    which = Q() if number is None else Q(attempt=number) if number < MANY else Q(attempt__gte=MANY)
    said = Q(outcome=outcome) if outcome else Q()
    whom = of_whom(whose, owner="rep", team="team")
    return Handoff.objects.filter(within(period, "opened_at"), which, said, whom)


def to_and_fro(period: Period, whose: str = "") -> Any:
    """Return the leads that sales gave back twice or more, the last time in the period."""
    returns = Handoff.objects.filter(outcome__in=BACK).order_by().values("lead")
    often = returns.annotate(n=Count("pk")).filter(n__gte=OFTEN).values("lead")
    recent = Handoff.objects.filter(within(period, "answered_at"), outcome__in=BACK)
    return Lead.objects.filter(of_whom(whose), pk__in=often).filter(pk__in=recent.values("lead"))


# As addresses -------------------------------------------------------------------------------------


def asked(question: Question, value: str) -> dict[str, Any]:
    """Return the parameters that a question leaves on its lists; value: of one group, "" of all."""
    by = {"by": question.by, "value": value} if value else {}
    return {**in_period(question.period), "whose": question.whose, **by}


def deals_url(question: Question, part: str, value: str = "", *, own_currency: bool = False) -> str:
    currency = Organisation.get().currency if own_currency else ""
    return url_of("closed-deals", part=part, currency=currency, **asked(question, value))


def handoffs_url(question: Question, part: str, value: str = "") -> str:
    return url_of("answered-handoffs", part=part, **asked(question, value))


def attempts_url(question: Question, number: int | None, outcome: str = "") -> str:
    return url_of("attempts", attempt=number, outcome=outcome, **asked(question, ""))


def in_group(params: Params, dimensions: Mapping[str, Dimension]) -> Q:
    """Return the condition of the group that a list is of. Raises BadRequest for another one."""
    if not params.text("by"):
        return Q()
    return dimensions[params.choice("by", dimensions)].condition(params.text("value"))


def deals_of(params: Params, user: User | None) -> Any:
    found = closed(params.period, params.choice("part", DEALS), params.text("whose"))
    currency = params.text("currency")
    money = Q(currency=currency) if currency else Q()
    return found.filter(in_group(params, OF_DEALS), money)


def handoffs_of(params: Params, user: User | None) -> Any:
    found = answered(params.period, params.choice("part", HANDOFFS), params.text("whose"))
    return found.filter(in_group(params, OF_HANDOFFS))


def attempts_of(params: Params, user: User | None) -> Any:
    outcome = params.choice("outcome", ("", *Handoff.Outcome.values))
    return attempts(params.period, params.number("attempt"), outcome, params.text("whose"))


def standing_in(params: Params, user: User | None) -> Any:
    stage = params.choice("stage", Stage.values)
    return Lead.objects.filter(of_whom(params.text("whose")), stage=stage)


def attempts_label(params: Params) -> str:
    number = params.number("attempt")
    which = {None: "Handoffs", MANY: f"Attempt {MANY} or later"}.get(number, f"Attempt {number}")
    outcome = params.text("outcome")
    return f"{which}{f', {outcome}' if outcome else ''}: {params.period}"


SETS = (
    RowSet(
        "closed-deals",
        "deals",
        deals_of,
        lambda params: f"Deals {params.text('part')}: {params.period}",
    ),
    RowSet(
        "answered-handoffs",
        "handoffs",
        handoffs_of,
        lambda params: f"Handoffs {params.text('part').replace('-', ' ')}: {params.period}",
    ),
    RowSet("attempts", "handoffs", attempts_of, attempts_label),
    RowSet(
        "to-and-fro",
        LEADS,
        lambda params, user: to_and_fro(params.period, params.text("whose")),
        lambda params: f"Given back {OFTEN} times or more, last in: {params.period}",
    ),
    RowSet(
        "standing-in",
        LEADS,
        standing_in,
        lambda params: f"In {Stage(params.choice('stage', Stage.values)).label} now",
    ),
)

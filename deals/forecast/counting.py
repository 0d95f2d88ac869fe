"""Which deals stand behind each number of the forecast, and their sums. Read-only.

A number and the list that it links to come from the same queryset: `deals_of`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    F,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, TruncMonth
from django.utils.timezone import localdate

from crm.common import parameters
from crm.common.periods import Period
from crm.users.models import Organisation, User
from deals.forecast.arithmetic import (
    BEST,
    BEST_FROM,
    COMMIT,
    COMMIT_FROM,
    OPEN_PARTS,
    PARTS,
    PIPELINE,
    WON,
    Line,
)
from deals.models import Deal, DealQuerySet

SLIPPED, UNDATED, OPEN = "slipped", "undated", "open"
LISTS = (*PARTS, OPEN, SLIPPED, UNDATED)
"""What there is a list of: the categories, the open ones together, and what needs a date."""


def today() -> date:
    """Return the present day of the organisation."""
    return localdate(timezone=Organisation.get().zone)


def with_category(deals: DealQuerySet) -> DealQuerySet:
    """Annotate `part` (won, or the category of an open deal) and `weighted`.

    The SQL of `arithmetic.category_of` and `arithmetic.weighted`.
    """
    by_probability = Case(
        When(stage__probability__gte=COMMIT_FROM, then=Value(COMMIT)),
        When(stage__probability__gte=BEST_FROM, then=Value(BEST)),
        default=Value(PIPELINE),
        output_field=CharField(),
    )
    chance = Cast("stage__probability", BigIntegerField())
    return deals.annotate(
        part=Case(
            When(status=Deal.Status.WON, then=Value(WON)),
            default=Coalesce("forecast_call__category", by_probability),
            output_field=CharField(),
        ),
        weighted=Case(
            When(status=Deal.Status.WON, then=F("amount_minor")),
            default=(F("amount_minor") * chance + 50) / 100,
            output_field=BigIntegerField(),
        ),
    )


def counted(period: Period) -> Q:
    """Return the condition of the deals of a period: won in it, or open and to close in it.

    Lost deals are in no forecast. Both count by days, which no time zone moves.
    """
    won, still = Q(status=Deal.Status.WON), Q(status=Deal.Status.OPEN, close_on__isnull=False)
    if period.first:
        won, still = won & Q(closed_on__gte=period.first), still & Q(close_on__gte=period.first)
    if period.end:
        won, still = won & Q(closed_on__lt=period.end), still & Q(close_on__lt=period.end)
    return won | still


def slipped(period: Period, on: date) -> Q:
    """Return the condition of open deals whose close date has passed, to the period's end."""
    before = min(on, period.end) if period.end else on
    return Q(status=Deal.Status.OPEN, close_on__lt=before)


def deals_of(name: str, deals: DealQuerySet, period: Period, on: date) -> DealQuerySet:
    """Return those of `deals` that stand behind the number `name`, one of LISTS.

    on: the organisation's present day. Raises KeyError for another name.
    """
    if name == SLIPPED:
        return with_category(deals.filter(slipped(period, on)))
    if name == UNDATED:
        return with_category(deals.filter(status=Deal.Status.OPEN, close_on=None))
    found = with_category(deals.filter(counted(period)))
    if name == OPEN:
        return found.filter(Q(part__in=OPEN_PARTS))
    if name not in PARTS:
        raise KeyError(name)
    return found.filter(Q(part=name))


def of_whom(who: str) -> Q:
    """Return the condition for an address's “user-3”, “team-2”, “user-none”; "" is everybody."""
    kind, _, pk = who.partition("-")
    column = {"user": "owner", "team": "team"}.get(kind)
    if column is None:
        return Q()
    return Q(**{column: parameters.whole_number(pk)})


def lines_of(deals: DealQuerySet, period: Period) -> list[Line]:
    """Return the sums of the period's deals by owner, team, category and currency: one query."""
    return summed(with_category(deals.filter(counted(period))))


def summed(deals: DealQuerySet) -> list[Line]:
    keys = ("owner_id", "team_id", "part", "currency")
    rows = deals.order_by().values_list(*keys)
    return [Line(*row) for row in rows.annotate(Sum("amount_minor"), Sum("weighted"), Count("pk"))]


def summed_by_month(deals: DealQuerySet) -> Iterable[tuple[Any, ...]]:
    """Yield owner, team, month of close, category, currency, amount, weighted and count."""
    month = Case(
        When(status=Deal.Status.WON, then=TruncMonth("closed_on")),
        default=TruncMonth("close_on"),
    )
    rows = with_category(deals).annotate(month=month).order_by()
    keys = ("owner_id", "team_id", "month", "part", "currency")
    return rows.values_list(*keys).annotate(Sum("amount_minor"), Sum("weighted"), Count("pk"))


def visible_deals(user: User | None) -> DealQuerySet:
    """Return the deals that `user` sees; None, the command line, sees all."""
    return Deal.objects.visible_to(user) if user else Deal.objects.all()

"""Deals closed, and how long they took. Source: docs/metrics.md#velocity."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from crm.common.periods import Period
from crm.reports.dimensions import OF_DEALS
from crm.reports.quantiles import DAY, NOTHING, Spread, between, spreads
from crm.reports.questions import Question
from crm.reports.velocity import chosen
from crm.users.models import Organisation


@dataclass(frozen=True)
class Closed:
    """The deals closed by one group, or by all. Money in the organisation's currency.

    amount: of the won deals in it, `counted` of them; cycle: from a deal's beginning to its winning
    """

    won: int = 0
    lost: int = 0
    amount: int = 0
    counted: int = 0
    cycle: Spread = NOTHING

    @property
    def closed(self) -> int:
        return self.won + self.lost

    @property
    def win_rate(self) -> float | None:
        return self.won / self.closed if self.closed else None

    @property
    def average(self) -> int | None:
        """The mean amount of a won deal, rounded half up to the minor unit."""
        return (2 * self.amount + self.counted) // (2 * self.counted) if self.counted else None

    @property
    def cycle_days(self) -> tuple[float | None, float | None]:
        """Median and 90th percentile of the cycle, in days."""
        return self.cycle.in_units(DAY)


def closed_by(question: Question, period: Period) -> tuple[dict[str, Closed], Closed]:
    """Return the deals closed in `period`, of each group and of all, in two queries."""
    by = OF_DEALS[question.by]
    rows = chosen.closed(period, whose=question.whose)
    rows = by.grouped(question.seen(rows))
    won = Q(status=chosen.WON)
    own = won & Q(currency=Organisation.get().currency)
    sums = rows.order_by().values_list("group")
    sums = sums.annotate(
        won_deals=Count("pk", filter=won),
        lost_deals=Count("pk", filter=~won),
        amounts=Sum("amount_minor", filter=own, default=0),
        counted=Count("pk", filter=own),
    )
    cycles = spreads(rows.filter(won), between("created_at", "closed_at"))
    found = {
        by.written(group): Closed(won_deals, lost, amount, counted, cycles.of(group))
        for group, won_deals, lost, amount, counted in sums
    }
    return found, together(list(found.values()), cycles.all)


def together(parts: list[Closed], cycle: Spread) -> Closed:
    return Closed(
        won=sum(part.won for part in parts),
        lost=sum(part.lost for part in parts),
        amount=sum(part.amount for part in parts),
        counted=sum(part.counted for part in parts),
        cycle=cycle,
    )


def velocity(found: Closed, open_deals: int) -> int | None:
    """Return what the open deals bring a day: their number × win rate × average ÷ cycle in days.

    In minor units; None where one of them is unknown, or nothing took any time.
    """
    days, _ = found.cycle_days
    if found.win_rate is None or found.average is None or not days:
        return None
    return round(open_deals * found.win_rate * found.average / days)

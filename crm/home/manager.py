"""What a sales manager finds in the morning: deadlines, forecast, reps, risks. Read-only."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.common.periods import midnight
from crm.funnel.models import IN_TIME, Handoff, StageEntry
from crm.funnel.queue import with_history
from crm.stages import PATH
from crm.users.models import Organisation, Scope, User
from deals.forecast import counting, forecasting, pages
from deals.forecast.arithmetic import PARTS, Standing
from deals.forecast.spans import MONTH, QUARTER, Span, span_of
from leads.models import Lead

BREACHED = 8
LOOK_BACK = timedelta(days=30)


def breached(user: User) -> list[Handoff]:
    """Return the waiting handoffs whose deadline has passed, the longest overdue first."""
    rows = Handoff.objects.visible_to(user).overdue(now()).for_queue()
    found = list(rows.order_by("due_at", "pk")[:BREACHED])
    with_history(found)
    return found


@dataclass(frozen=True)
class Answers:
    """Handoffs answered in the last 30 days, and those of them by their deadline."""

    answered: int
    in_time: int
    waiting: int
    breached: int

    @property
    def rate(self) -> float | None:
        return self.in_time / self.answered if self.answered else None


def answers(user: User) -> Answers:
    """Return how handoffs are answered, by one query. Those without a deadline do not count."""
    late = Q(outcome=Handoff.Outcome.WAITING)
    recent = Q(answered_at__gte=now() - LOOK_BACK, due_at__isnull=False)
    rows = Handoff.objects.visible_to(user).filter(late | recent).order_by()
    found = rows.aggregate(
        answered=Count("pk", filter=recent),
        in_time=Count("pk", filter=recent & IN_TIME),
        waiting=Count("pk", filter=late),
        breached=Count("pk", filter=late & Q(due_at__lt=now())),
    )
    return Answers(**found)


def this_month() -> Span:
    return span_of(MONTH, counting.today())


def team_forecast(user: User) -> forecasting.Forecast:
    return forecasting.forecast(this_month(), user=user)


@dataclass(frozen=True)
class Compared:
    """One rep beside the others, in the present month."""

    who: str
    name: str
    standing: Standing
    in_time: float | None
    answered: int
    activities: int
    won_url: str
    open_url: str


@dataclass(frozen=True)
class Part:
    """One piece of the forecast's bar. `key` names its colour; the rest is what is missing."""

    key: str
    label: str
    amount: int
    count: int
    url: str
    share: float
    """of the whole bar, in percent"""


def rollup(found: forecasting.Forecast) -> list[Part]:
    """Return won, commit, best case and pipeline of the team, each with the list behind it."""
    cells = pages.cells_of(found.total, None, found.span, "", found.currency)
    total = sum(cell.amount for cell in cells) or 1
    return [
        Part(key, cell.label, cell.amount, cell.count, cell.url, 100 * cell.amount / total)
        for key, cell in zip(PARTS, cells, strict=True)
    ]


def reps_compared(user: User) -> list[Compared]:
    """Return each seller's month: won, open, answered in time, activities; the best first."""
    span = this_month()
    found = forecasting.forecast(span, user=user)
    start = midnight(span.first, Organisation.get().zone)
    done = Activity.objects.filter(at__gte=start, lead__in=Lead.objects.visible_to(user))
    activities = dict(done.order_by().values_list("by").annotate(Count("pk")))
    recent = Handoff.objects.visible_to(user).filter(
        answered_at__gte=now() - LOOK_BACK, due_at__isnull=False
    )
    rates = {
        rep: (n, good)
        for rep, n, good in recent.order_by()
        .values_list("rep")
        .annotate(n=Count("pk"), good=Count("pk", filter=IN_TIME))
    }
    rows = []
    for row in found.rows:
        kind, _, pk = row.who.partition("-")
        if kind != "user" or not pk.isdecimal():
            continue
        answered, good = rates.get(int(pk), (0, 0))
        rows.append(
            Compared(
                row.who,
                row.name,
                row.standing,
                good / answered if answered else None,
                answered,
                activities.get(int(pk), 0),
                pages.deals_url("won", span, row.who, found.currency),
                pages.deals_url(counting.OPEN, span, row.who, found.currency),
            )
        )
    return sorted(rows, key=lambda one: (-one.standing.won.amount, one.name))


@dataclass(frozen=True)
class Step:
    """How many of those who reached one stage reached the next, in two quarters."""

    label: str
    reached: int
    rate: float | None
    before: float | None

    @property
    def change(self) -> float | None:
        """In percentage points; None where either quarter has no rate."""
        return None if None in (self.rate, self.before) else (self.rate or 0) - (self.before or 0)


def stage_conversion(user: User) -> list[Step]:
    """Return the funnel's steps of this quarter beside the last one's.

    Counts first entries into a stage that lie in the quarter (docs/metrics.md#funnel, period).
    """
    quarter = span_of(QUARTER, counting.today())
    zone = Organisation.get().zone
    start, before = midnight(quarter.first, zone), midnight(quarter.shifted(-1).first, zone)
    entries = StageEntry.objects.filter(at__gte=before)
    if user.scope != Scope.ALL:
        entries = entries.filter(lead__in=Lead.objects.visible_to(user))
    now_in, then_in = Q(at__gte=start), Q(at__lt=start)
    rows = entries.order_by().values_list("stage")
    counts = {
        stage: (n, m)
        for stage, n, m in rows.annotate(
            n=Count("pk", filter=now_in), m=Count("pk", filter=then_in)
        )
    }
    return [step(old.label, new.label, counts.get(old), counts.get(new)) for old, new in STEPS]


STEPS = list(zip(PATH, PATH[1:], strict=False))


def step(old: str, new: str, had: tuple[int, int] | None, got: tuple[int, int] | None) -> Step:
    had, got = had or (0, 0), got or (0, 0)
    rate, before = (g / h if h else None for g, h in zip(got, had, strict=True))
    return Step(f"{old} → {new}", got[0], rate, before)

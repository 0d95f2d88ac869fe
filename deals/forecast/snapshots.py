"""Nightly snapshots: what was forecast on a past day, and what has changed since.

A snapshot is taken by the first beat after midnight of the organisation's calendar. If nothing ran
at midnight it is taken late, on the same day, and says when; a day on which nothing ran at all has
none and never gets one.
"""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import localdate

from crm.common.periods import add_months
from crm.users.models import Organisation, User
from deals.forecast import counting
from deals.forecast.arithmetic import Line
from deals.forecast.forecasting import Forecast, put_together
from deals.forecast.models import ForecastSnapshot, SnapshotLine
from deals.forecast.spans import QUARTER, Span, span_of
from deals.models import Deal


def take_snapshot(at: datetime) -> bool:
    """Keep the forecast of the day on which `at` lies, once; False if that day has one.

    Every open deal is in it, and what was won since the beginning of the last quarter.
    """
    zone = Organisation.get().zone
    day = localdate(at, zone)
    if ForecastSnapshot.objects.filter(day=day).exists():
        return False
    try:
        with transaction.atomic():
            write_snapshot(day, at)
    except IntegrityError:  # another beat was first
        return False
    return True


def write_snapshot(day: date, at: datetime) -> ForecastSnapshot:
    since = holds_from(day)
    snapshot = ForecastSnapshot.objects.create(day=day, taken_at=at, holds_from=since)
    kept = Q(status=Deal.Status.OPEN) | Q(status=Deal.Status.WON, closed_on__gte=since)
    SnapshotLine.objects.bulk_create(
        (
            SnapshotLine(
                snapshot=snapshot, owner_id=owner, team_id=team, month=month, part=part,
                currency=currency, amount_minor=amount, weighted_minor=weighted, count=count,
            )
            for owner, team, month, part, currency, amount, weighted, count in (
                counting.summed_by_month(Deal.objects.filter(kept))
            )
        ),
        batch_size=500,
    )  # fmt: skip
    return snapshot


def holds_from(day: date) -> date:
    """Return the first month of which a snapshot of `day` holds what was won."""
    return add_months(span_of(QUARTER, day).first, -3)


def of_day(day: date) -> ForecastSnapshot | None:
    return ForecastSnapshot.objects.filter(day=day).first()


def nearest(day: date) -> tuple[date | None, date | None]:
    """Return the days of the last snapshot before `day` and of the first one after it."""
    days = ForecastSnapshot.objects.values_list("day", flat=True)
    return days.filter(day__lt=day).first(), days.filter(day__gt=day).last()


def holds(snapshot: ForecastSnapshot, span: Span) -> bool:
    """True if what was won in the span by then is in the snapshot."""
    return span.first >= snapshot.holds_from


def forecast_on(
    snapshot: ForecastSnapshot, span: Span, *, by: str, user: User | None = None
) -> Forecast:
    """Return the forecast of `span` as it stood in the snapshot, against today's targets."""
    lines = SnapshotLine.objects.filter(snapshot=snapshot).of_months(span.first, span.end)
    if user is not None:
        lines = lines.visible_to(user)
    return put_together([line_of(line) for line in lines], span, by=by, user=user)


def line_of(line: SnapshotLine) -> Line:
    return Line(
        line.owner_id,
        line.team_id,
        line.part,
        line.currency,
        line.amount_minor,
        line.weighted_minor,
        line.count,
    )


def missed(first: date, last: date) -> list[date]:
    """Return the days from `first` to `last` without a snapshot, since there have been any."""
    rows = ForecastSnapshot.objects.filter(day__lte=last)
    taken = set(rows.filter(day__gte=first).values_list("day", flat=True))
    begun = ForecastSnapshot.objects.values_list("day", flat=True).last()
    if begun is None:
        return []
    start = max(first, begun)
    days = (start + timedelta(days=n) for n in range((last - start).days + 1))
    return [day for day in days if day not in taken]

"""What is kept of visits: 13 months in full, then monthly sums. Totals stay what they were."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth
from django.utils.timezone import localdate

from campaigns.capture import utm
from crm.common.periods import Period, add_months
from crm.common.retention import drop, keys_of
from crm.tracking.models import MonthlySessions, MonthlyViews, PageView, Session, Visitor
from crm.users.models import Organisation

MONTHS = 13
BATCH = 500
PARTS = (*utm.PARTS, "referrer")
"""What tells sources apart."""
Counted = dict[tuple[date, str, bool], int]


def prune(today: date | None = None) -> int:
    """Sum up and drop what is older than 13 months; return how many page views went.

    A part of a day at a time, so that it may be killed at any moment and goes on where it was, and
    that nobody waits for it.
    """
    zone = Organisation.get().zone
    today = today or localdate(timezone=zone)
    end = add_months(today.replace(day=1), -MONTHS)
    gone = sum(sum_day(day) for day in days_before(end))
    for month in months_before(end):
        sum_sessions(month)
    limit = Period(end, None).bounds(zone)[0]
    forget_visitors(limit) if limit else None
    return gone


def days_before(end: date) -> Iterator[date]:
    """Yield the days before `end` from which page views are left, the oldest first."""
    zone = Organisation.get().zone
    limit = Period(end, None).bounds(zone)[0]
    old = PageView.objects.filter(Q(session=None, at__lt=limit) | Q(session__started_at__lt=limit))
    while (first := old.order_by("at").values_list("at", flat=True).first()) is not None:
        yield min(first.astimezone(zone).date(), end - timedelta(days=1))


def sum_day(day: date) -> int:
    """Sum the page views of sessions that began before the end of a day, and drop them.

    A session that goes on after midnight goes as a whole; its views are summed in their months.
    """
    end = Period(day, day + timedelta(days=1)).bounds(Organisation.get().zone)[1]
    began = Q(session=None, at__lt=end) | Q(session__started_at__lt=end)
    return sum(map(sum_views, keys_of(PageView.objects.filter(began), BATCH)))


@transaction.atomic
def sum_views(keys: list[int]) -> int:
    """Add some page views to the sums of their months, and drop them; return how many."""
    views = PageView.objects.filter(pk__in=keys).order_by()
    months = views.annotate(begin=TruncMonth("at", tzinfo=Organisation.get().zone))
    counted: Counted = {}
    for begin, path, bot, number in months.values_list("begin", "path", "bot").annotate(
        n=Count("pk")
    ):
        key = begin.date(), path, bool(bot)
        counted[key] = counted.get(key, 0) + number
    add_views(counted)
    return views.delete()[0]


def add_views(counted: Counted) -> None:
    """Add to the monthly sums of page views."""
    months = {month for month, _, _ in counted}
    paths = {path for _, path, _ in counted}
    rows = MonthlyViews.objects.select_for_update().filter(month__in=months, path__in=paths)
    present = {(row.month, row.path, row.is_bot): row for row in rows}
    for key, row in present.items():
        row.views += counted.get(key, 0)
    MonthlyViews.objects.bulk_update(present.values(), ["views"], batch_size=BATCH)
    new = [
        MonthlyViews(month=month, path=path, is_bot=machine, views=number)
        for (month, path, machine), number in counted.items()
        if (month, path, machine) not in present
    ]
    MonthlyViews.objects.bulk_create(new, batch_size=BATCH)


def months_before(end: date) -> Iterator[date]:
    zone = Organisation.get().zone
    limit = Period(end, None).bounds(zone)[0]
    old = Session.objects.filter(started_at__lt=limit).order_by("started_at")
    while (first := old.values_list("started_at", flat=True).first()) is not None:
        yield first.astimezone(zone).date().replace(day=1)


def sum_sessions(month: date) -> None:
    """Sum the sessions of a month by source, and drop them: all of some visitors at a time."""
    bounds = Period(month, add_months(month, 1)).bounds(Organisation.get().zone)
    mine = Session.objects.filter(started_at__gte=bounds[0], started_at__lt=bounds[1]).order_by()
    visitors = Visitor.objects.filter(Exists(mine.filter(visitor=OuterRef("pk"))))
    for keys in keys_of(visitors, BATCH):
        sum_sessions_of(month, mine.filter(visitor__in=keys))


@transaction.atomic
def sum_sessions_of(month: date, mine: QuerySet[Session]) -> None:
    """Add sessions to the sums of their month, and drop them. mine: all of their visitors'"""
    earlier = mine.filter(visitor=OuterRef("visitor")).filter(
        Q(started_at__lt=OuterRef("started_at"))
        | Q(started_at=OuterRef("started_at"), pk__lt=OuterRef("pk"))
    )
    counted = mine.annotate(again=Exists(earlier)).values(*PARTS)
    present = {
        tuple(getattr(row, part) for part in PARTS): row
        for row in MonthlySessions.objects.select_for_update().filter(month=month)
    }
    rows = []
    for found in counted.annotate(
        sessions=Count("pk"), visitors=Count("pk", filter=Q(again=False))
    ):
        key = tuple(found[part] for part in PARTS)
        row = present.get(key) or MonthlySessions(
            month=month, sessions=0, visitors=0, **dict(zip(PARTS, key, strict=True))
        )
        row.sessions += found["sessions"]
        row.visitors += found["visitors"]
        rows.append(row)
    MonthlySessions.objects.bulk_update([r for r in rows if r.pk], ["sessions", "visitors"])
    MonthlySessions.objects.bulk_create([r for r in rows if not r.pk], batch_size=BATCH)
    mine.delete()


def forget_visitors(limit: datetime) -> None:
    """Forget browsers that came for the last time before `limit`, and are no lead's."""
    idle = Visitor.objects.filter(last_at__lt=limit, lead=None)
    drop(idle.filter(~Exists(Session.objects.filter(visitor=OuterRef("pk")))))

"""How many people came to the website, and from where: every number of it is counted here.

Bots are left out everywhere but in `bots`. What is older than 13 months is read from the monthly
sums, so that totals of whole months are the same before and after `prune`. See
docs/metrics.md#website.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek

from campaigns.capture import utm
from campaigns.capture.models import UtmLink
from campaigns.website import Visits
from crm.common.periods import Period
from crm.tracking.models import MonthlySessions, MonthlyViews, PageView, Session
from crm.users.models import Organisation

STEPS = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}
TOP = 10
MOST = 400
"""Steps of a chart at most: a year of days."""


@dataclass(frozen=True)
class Source:
    """Where sessions came from, and how many."""

    label: str
    sessions: int
    visitors: int


def within(period: Period, field: str) -> Q:
    """Return the condition that the moment `field` lies in `period`, by the organisation's days."""
    first, end = period.bounds(Organisation.get().zone)
    from_then = Q(**{f"{field}__gte": first}) if first else Q()
    return from_then & Q(**{f"{field}__lt": end}) if end else from_then


def in_months(period: Period) -> Q:
    """Return the condition that a sum's month begins in `period`."""
    first, end = period.first, period.end
    from_then = Q(month__gte=first) if first else Q()
    return from_then & Q(month__lt=end) if end else from_then


def people(period: Period) -> QuerySet[PageView]:
    return PageView.objects.filter(within(period, "at"), bot="").order_by()


def sessions_in(period: Period) -> QuerySet[Session]:
    return Session.objects.filter(within(period, "started_at")).order_by()


def total(period: Period) -> Visits:
    """Return page views, sessions and visitors of a period.

    A visitor counts once in each calendar month that he comes in.
    """
    old_views = MonthlyViews.objects.filter(in_months(period), is_bot=False)
    old = MonthlySessions.objects.filter(in_months(period)).aggregate(
        sessions=Sum("sessions"), visitors=Sum("visitors")
    )
    months = by_step(sessions_in(period), "month", "started_at")
    visitors = sum(months.annotate(n=Count("visitor", distinct=True)).values_list("n", flat=True))
    return Visits(
        people(period).count() + (old_views.aggregate(n=Sum("views"))["n"] or 0),
        sessions_in(period).count() + (old["sessions"] or 0),
        visitors + (old["visitors"] or 0),
    )


def visitors(period: Period) -> int:
    """Return the visitors of a period; each counts once in each calendar month that he comes in."""
    months = by_step(sessions_in(period), "month", "started_at").order_by()
    counted = months.annotate(n=Count("visitor", distinct=True)).values_list("n", flat=True)
    old = MonthlySessions.objects.filter(in_months(period)).order_by().values("month")
    summed = old.annotate(n=Sum("visitors")).values_list("n", flat=True)
    return sum(counted.union(summed, all=True))


def sessions(period: Period) -> int:
    """Return the sessions that began in a period."""
    return total(period).sessions


def by_step(rows: QuerySet[Any], step: str, field: str) -> QuerySet[Any]:
    """Group rows by day, week or month of the organisation's zone: each has `begin`."""
    zone = Organisation.get().zone
    grouped: QuerySet[Any] = rows.annotate(begin=STEPS[step](field, tzinfo=zone)).values("begin")
    return grouped.order_by("begin")


def series(period: Period, step: str) -> dict[date, Visits]:
    """Return the visits of each day, week (its Monday) or month that begins in a period, no gaps.

    Visitors are counted once in each step. Months also hold what was summed up before.
    """
    views = by_step(people(period), step, "at").annotate(n=Count("pk"))[:MOST]
    starts = by_step(sessions_in(period), step, "started_at")
    counted = starts.annotate(n=Count("pk"), v=Count("visitor", distinct=True))[:MOST]
    found = {day_of(row["begin"]): Visits(row["n"]) for row in views}
    for row in counted:
        begin = day_of(row["begin"])
        found[begin] = Visits(found.get(begin, Visits()).views, row["n"], row["v"])
    if step == "month":
        add_old_months(found, period)
    return filled({begin: n for begin, n in found.items() if not cut_off(begin, period)}, step)


def cut_off(begin: date, period: Period) -> bool:
    """True for a week of which the period holds only the end."""
    return period.first is not None and begin < period.first


def day_of(begin: datetime) -> date:
    return begin.date()


def add_old_months(found: dict[date, Visits], period: Period) -> None:
    views = MonthlyViews.objects.filter(in_months(period), is_bot=False).values_list("month")
    for month, number in views.annotate(n=Sum("views"))[:MOST]:
        now = found.get(month, Visits())
        found[month] = Visits(now.views + number, now.sessions, now.visitors)
    old = MonthlySessions.objects.filter(in_months(period)).values_list("month")
    for month, number, visitors in old.annotate(n=Sum("sessions"), v=Sum("visitors"))[:MOST]:
        now = found.get(month, Visits())
        found[month] = Visits(now.views, now.sessions + number, now.visitors + visitors)


def filled(found: dict[date, Visits], step: str) -> dict[date, Visits]:
    """Return the steps from the first to the last, those without a visit too."""
    if not found:
        return {}
    here, last, whole = min(found), max(found), {}
    while here <= last:
        whole[here] = found.get(here, Visits())
        here = following(here, step)
    return whole


def following(day: date, step: str) -> date:
    if step == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)


def weekly(period: Period) -> dict[date, Visits]:
    """Return the visits of each week in a period, by its Monday."""
    return series(period, "week")


def top_pages(period: Period) -> list[tuple[str, int]]:
    """Return the paths that people viewed most, with their views."""
    now = people(period).values_list("path").annotate(n=Count("pk")).order_by("-n", "path")
    old = MonthlyViews.objects.filter(in_months(period), is_bot=False).values_list("path")
    then = old.annotate(n=Sum("views")).order_by("-n", "path")
    counted: dict[str, int] = {}
    for path, number in (*now[:MOST], *then[:MOST]):
        counted[path] = counted.get(path, 0) + number
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP]


def sources(period: Period) -> list[Source]:
    """Return where sessions came from: UTM values, else the site that linked here, else direct."""
    parts = ("source", "medium", "campaign", "referrer")
    now = sessions_in(period).values_list(*parts)
    recent = now.annotate(n=Count("pk"), v=Count("visitor", distinct=True)).order_by("-n", *parts)
    then = MonthlySessions.objects.filter(in_months(period)).values_list(*parts)
    old = then.annotate(n=Sum("sessions"), v=Sum("visitors")).order_by("-n", *parts)
    counted: dict[str, tuple[int, int]] = {}
    for source, medium, campaign, referrer, number, visitors in (*recent[:MOST], *old[:MOST]):
        label = source_label(source, medium, campaign, referrer)
        before = counted.get(label, (0, 0))
        counted[label] = (before[0] + number, before[1] + visitors)
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1][0], pair[0]))[:TOP]
    return [Source(label, *numbers) for label, numbers in ordered]


def source_label(source: str, medium: str, campaign: str, referrer: str) -> str:
    values = {"source": source, "medium": medium, "campaign": campaign}
    return utm.words(values) or referrer or "Direct"


def bots(period: Period) -> list[tuple[str, int]]:
    """Return which machines came, with their page views; after 13 months without a name."""
    found = PageView.objects.filter(within(period, "at")).exclude(bot="").order_by()
    named = list(found.values_list("bot").annotate(n=Count("pk")).order_by("-n", "bot")[:TOP])
    old = MonthlyViews.objects.filter(in_months(period), is_bot=True)
    if number := old.aggregate(n=Sum("views"))["n"]:
        named.append(("Older than 13 months", number))
    return named


def bot_views(period: Period) -> int:
    """Return the page views of all machines in a period."""
    found = PageView.objects.filter(within(period, "at")).exclude(bot="").count()
    old = MonthlyViews.objects.filter(in_months(period), is_bot=True)
    return found + (old.aggregate(n=Sum("views"))["n"] or 0)


def visits_of_links(links: Sequence[UtmLink]) -> dict[int, int]:
    """Return how many sessions came by each link: all that have the link's UTM values."""
    by_values: dict[tuple[str, ...], int] = {}
    names = {link.name for link in links}
    for model, number in ((Session, Count("pk")), (MonthlySessions, Sum("sessions"))):
        rows: Iterable[tuple[Any, ...]] = (
            model.objects.filter(campaign__in=names)
            .order_by()
            .values_list(*utm.PARTS)
            .annotate(n=number)
        )
        for *values, count in rows:
            key = tuple(values)
            by_values[key] = by_values.get(key, 0) + count
    return {
        link.pk: by_values.get(tuple(link.values[part] for part in utm.PARTS), 0) for link in links
    }

"""What the channels did over weeks, months or quarters: the numbers behind the charts.

A week belongs to the month and quarter of its Monday. Sums are of the weeks of whole channels;
followers are those of the last known week of each channel.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncMonth, TruncQuarter, TruncWeek

from campaigns.channel_metrics.models import BrandChannel, ChannelWeek
from campaigns.channel_metrics.numbers import monday
from campaigns.metrics import sees_all
from crm.common.periods import add_months, midnight
from crm.funnel.models import StageEntry
from crm.stages import Stage
from crm.users.models import Organisation, User
from leads.models import Channel, Lead

MOST_SERIES = 6
OTHERS = "Other channels"


@dataclass(frozen=True)
class Step:
    """How time is cut: `count` pieces up to the present one."""

    label: str
    count: int
    months: int
    """length of a piece; 0 is a week"""
    cut: Callable[..., Any]


STEPS = {
    "week": Step("Weeks", 26, 0, TruncWeek),
    "month": Step("Months", 12, 1, TruncMonth),
    "quarter": Step("Quarters", 8, 3, TruncQuarter),
}


@dataclass(frozen=True)
class Bucket:
    """One week, month or quarter; `end` is the first day after it."""

    first: date
    end: date
    label: str


@dataclass(frozen=True)
class Series:
    """One line: a value for each bucket, None where nobody knows. `key` is a channel's, or None."""

    label: str
    values: list[int | None]
    key: int | None = None


def buckets(by: str, today: date) -> list[Bucket]:
    """Return the pieces of time of one of STEPS, the present one last."""
    step = STEPS[by]
    if not step.months:
        last = monday(today)
        firsts = [last - timedelta(weeks=n) for n in range(step.count - 1, -2, -1)]
    else:
        month = add_months(today, -((today.month - 1) % step.months))
        firsts = [add_months(month, -n * step.months) for n in range(step.count - 1, -2, -1)]
    return [
        Bucket(first, end, named(first, by)) for first, end in zip(firsts, firsts[1:], strict=False)
    ]


def known(found: list[Bucket]) -> list[Bucket]:
    """Return the pieces of time since anything is known; all of them where nothing is."""
    week = ChannelWeek.objects.filter(campaign=None).aggregate(first=Min("week"))["first"]
    came = StageEntry.objects.filter(stage=Stage.LEAD).aggregate(first=Min("at"))["first"]
    lead = came.astimezone(Organisation.get().zone).date() if came else None
    first = min((day for day in (week, lead) if day), default=None)
    since = [bucket for bucket in found if first and bucket.end > first]
    return since or found


def named(first: date, by: str) -> str:
    if by == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    return f"{first:%b %Y}" if by == "month" else f"{first:%-d %b}"


class History:
    """The weeks of all channels in some buckets, summed by the database."""

    def __init__(self, by: str, today: date) -> None:
        self.by = by
        self.buckets = known(buckets(by, today))
        self.first = self.buckets[0].first
        weeks = ChannelWeek.objects.filter(campaign=None, week__gte=self.first)
        self.weeks = weeks.order_by().annotate(bucket=STEPS[by].cut("week"))
        self.names = dict(Channel.objects.values_list("pk", "name"))

    def by_channel(self, column: str, only: set[int] | None = None) -> list[Series]:
        """Return a metric of each channel, the largest first; the smallest go together."""
        found: dict[int, dict[date, int]] = {}
        rows = self.weeks.exclude(**{column: None}).values_list("channel", "bucket")
        for key, bucket, total in rows.annotate(n=Sum(column)):
            if only is None or key in only:
                found.setdefault(key, {})[bucket] = total
        largest = sorted(found, key=lambda key: -sum(found[key].values()))
        return self.gathered([self.series(self.names[key], found[key], key) for key in largest])

    def gathered(self, series: list[Series]) -> list[Series]:
        if len(series) <= MOST_SERIES:
            return series
        rest = [one.values for one in series[MOST_SERIES - 1 :]]
        together = [total(values) for values in zip(*rest, strict=True)]
        return [*series[: MOST_SERIES - 1], Series(OTHERS, together)]

    def sums(self, *columns: tuple[str, str]) -> list[Series]:
        """Return the sums over all channels of some metrics: (column, label)."""
        sums = [Sum(column) for column, _ in columns]
        rows = list(self.weeks.values_list("bucket").annotate(*sums))
        return [
            self.series(label, {bucket: values[place] for bucket, *values in rows})
            for place, (_, label) in enumerate(columns)
        ]

    def followers(self) -> Series:
        """Return the followers at the end of each bucket, all channels together."""
        counted = self.weeks.exclude(followers=None)
        last = counted.values_list("channel", "bucket").annotate(last=Max("week"))
        wanted = {(channel, week): bucket for channel, bucket, week in last}
        rows = counted.filter(week__in={week for _, week in wanted})
        found: dict[date, int] = {}
        for channel, week, count in rows.values_list("channel", "week", "followers"):
            if bucket := wanted.get((channel, week)):
                found[bucket] = found.get(bucket, 0) + (count or 0)
        return self.series("Followers", found)

    def brand(self) -> list[Series]:
        """Return the sessions of the channels that show awareness: direct and by our name."""
        return self.by_channel(
            "sessions", set(BrandChannel.objects.values_list("channel", flat=True))
        )

    def stages(self, user: User, *stages: Stage) -> list[Series]:
        """Return how many leads reached each stage, of those that `user` sees."""
        zone = Organisation.get().zone
        entries = StageEntry.objects.filter(stage__in=stages, at__gte=midnight(self.first, zone))
        if not sees_all(user):
            entries = entries.filter(lead__in=Lead.objects.visible_to(user))
        rows = entries.order_by().annotate(bucket=STEPS[self.by].cut("at", tzinfo=zone))
        found: dict[str, dict[date, int]] = {stage: {} for stage in stages}
        for stage, bucket, count in rows.values_list("stage", "bucket").annotate(n=Count("pk")):
            found[stage][bucket.date()] = count
        return [self.series(f"{stage.label}s", found[stage], empty=0) for stage in stages]

    def series(
        self, label: str, found: dict[date, int], key: int | None = None, empty: int | None = None
    ) -> Series:
        return Series(label, [found.get(bucket.first, empty) for bucket in self.buckets], key)


def total(values: tuple[int | None, ...]) -> int | None:
    numbers = [value for value in values if value is not None]
    return sum(numbers) if numbers else None

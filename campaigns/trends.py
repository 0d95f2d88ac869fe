"""A campaign over time: what it spent and which leads it brought, in weeks or months."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate, TruncWeek
from django.urls import reverse

from campaigns.metrics import sees_all
from campaigns.models import Campaign
from crm.common.periods import add_months, midnight
from crm.funnel.models import StageEntry
from crm.stages import Stage
from crm.users.models import Organisation, User
from leads.models import Lead

SPARK_WEEKS = 12
MOST_WEEKS = 26
"""A longer campaign is shown by month."""


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Point:
    """One week or month. spent: minor units; `end` is the first day after it."""

    first: date
    end: date
    spent: int
    leads: int
    url: str


@dataclass(frozen=True)
class Trend:
    unit: str
    """“week” or “month”"""
    points: list[Point]


def entries_of(campaigns: Collection[int], user: User | None) -> Any:
    """Return the Lead entries of what the campaigns brought in, of the leads that `user` sees."""
    entries = StageEntry.objects.filter(stage=Stage.LEAD, lead__campaign__in=campaigns)
    if user is not None and not sees_all(user):
        entries = entries.filter(lead__in=Lead.objects.visible_to(user))
    return entries.order_by()


def weekly_leads(campaigns: Collection[int], user: User, today: date) -> dict[int, list[int]]:
    """Return the leads of each of the last twelve weeks, the present one last, in one query."""
    zone = Organisation.get().zone
    first = monday(today) - timedelta(weeks=SPARK_WEEKS - 1)
    recent = entries_of(campaigns, user).filter(at__gte=midnight(first, zone))
    rows = recent.annotate(week=TruncWeek("at", tzinfo=zone)).values_list("lead__campaign", "week")
    found = {pk: [0] * SPARK_WEEKS for pk in campaigns}
    for pk, week, count in rows.annotate(n=Count("pk")):
        place = (week.date() - first).days // 7
        if 0 <= place < SPARK_WEEKS:
            found[pk][place] = count
    return found


def trend(campaign: Campaign, user: User, today: date) -> Trend:
    """Return spend and leads of a campaign from its first sign of life up to today."""
    zone = Organisation.get().zone
    days = entries_of([campaign.pk], user).annotate(day=TruncDate("at", tzinfo=zone))
    leads = dict(days.values_list("day").annotate(n=Count("pk")))
    spends = campaign.spends.order_by().values_list("day").annotate(n=Sum("amount_minor"))
    spent = dict(spends)
    known = [*leads, *spent]
    if not known:
        return Trend("week", [])
    first, last = min(known), max(max(known), min(today, campaign.ends_on or today))
    by_week = (last - first).days <= 7 * MOST_WEEKS
    starts = weeks(first, last) if by_week else months(first, last)
    return Trend("week" if by_week else "month", points(campaign, starts, spent, leads))


def weeks(first: date, last: date) -> list[date]:
    """Return the Mondays of the weeks of these days, and the one after."""
    begin = monday(first)
    return [begin + timedelta(weeks=n) for n in range((monday(last) - begin).days // 7 + 2)]


def months(first: date, last: date) -> list[date]:
    """Return the first days of the months of these days, and of the one after."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(first, n) for n in range(count + 2)]


def points(
    campaign: Campaign, starts: list[date], spent: dict[date, int], leads: dict[date, int]
) -> list[Point]:
    made = []
    for first, end in zip(starts, starts[1:], strict=False):
        cost = sum(amount for day, amount in spent.items() if first <= day < end)
        came = sum(count for day, count in leads.items() if first <= day < end)
        word = f"cohort.lead.{first}.{end}.campaign.{campaign.pk}"
        url = f"{reverse('leads:list')}?{urlencode({'funnel': word})}"
        made.append(Point(first, end, cost, came, url))
    return made

"""The demo company's targets, what reps said of their deals, and a quarter of kept forecasts."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm.demo.people import Cast
from crm.users.models import Organisation, Team, User
from deals.forecast.arithmetic import WON, category_of, weighted
from deals.forecast.models import ForecastCall, ForecastSnapshot, Quota, SnapshotLine
from deals.forecast.snapshots import holds_from, write_snapshot
from deals.forecast.spans import MONTH, QUARTER, span_of
from deals.models import Deal

MINOR = 100
STEP = 5_000 * MINOR
KEPT_DAYS = 91
MISSED = (23, 57)
"""So many days ago nothing ran at all: gaps, as they happen."""


def plan_and_expect(rng: Random, now: datetime, cast: Cast) -> None:
    """Write quotas of two quarters, a few calls of deals, and a quarter of snapshots."""
    set_targets(now, cast)
    call_deals(rng, now)
    keep_days(now)


def set_targets(now: datetime, cast: Cast) -> None:
    """A month's quota for each rep near what he usually wins; North's quarter is stretched."""
    organisation = Organisation.get()
    today = now.astimezone(organisation.zone).date()
    quarter = span_of(QUARTER, today)
    months = [month for n in (-1, 0, 1) for month in quarter.shifted(n).months]
    usual = {rep.pk: usual_month(rep, now) for rep in cast.reps}
    quotas = [
        Quota(
            user=rep,
            span=MONTH,
            starts_on=month,
            amount_minor=usual[rep.pk],
            currency=organisation.currency,
        )
        for rep in cast.reps
        for month in months
    ]
    for team in Team.objects.all():
        reps = [rep for rep in cast.reps if rep.team_id == team.pk]
        if reps and team.name == "North":
            total = sum(usual[rep.pk] for rep in reps) * 3
            quotas.append(
                Quota(
                    team=team,
                    span=QUARTER,
                    starts_on=quarter.first,
                    amount_minor=rounded(total * 1.1),
                    currency=organisation.currency,
                )
            )
    Quota.objects.bulk_create(quotas)


def usual_month(rep: User, now: datetime) -> int:
    """Return what the rep won in a month of the last two, stretched by three fifths."""
    won = Deal.objects.filter(
        owner=rep, status=Deal.Status.WON, closed_on__gte=now.date() - timedelta(days=61)
    )
    return max(4 * STEP, rounded(sum(won.values_list("amount_minor", flat=True)) / 2 * 1.6))


def rounded(minor: float) -> int:
    return max(STEP, round(minor / STEP) * STEP)


def call_deals(rng: Random, now: datetime) -> None:
    """Some deals are surer, and some less sure, than their stage says."""
    deals = list(Deal.objects.open().select_related("owner").order_by("pk")[:400])
    ForecastCall.objects.bulk_create(
        ForecastCall(
            deal=deal,
            category=rng.choice(ForecastCall.Category.values),
            by=deal.owner,
            at=now - timedelta(days=rng.randrange(1, 10)),
        )
        for deal in rng.sample(deals, len(deals) // 12)
    )


def keep_days(now: datetime) -> None:
    """Keep today's forecast, and for the days before what then was won and open.

    A deal that was won or lost since was open then, in the month in which it closed.
    """
    zone = Organisation.get().zone
    today = now.astimezone(zone).date()
    write_snapshot(today, now.astimezone(zone).replace(hour=0, minute=2, second=0, microsecond=0))
    rows = Deal.objects.values_list(
        "owner_id", "team_id", "currency", "amount_minor", "status", "created_at", "closed_at",
        "close_on", "stage__probability",
    )  # fmt: skip
    deals = list(rows)
    lines: list[SnapshotLine] = []
    for ago in range(1, KEPT_DAYS + 1):
        day = today - timedelta(days=ago)
        if ago in MISSED and day.day != 1:
            continue
        at = datetime(day.year, day.month, day.day, 0, 2, tzinfo=zone)
        kept = ForecastSnapshot.objects.create(day=day, taken_at=at, holds_from=holds_from(day))
        lines += lines_on(kept, deals, at)
    SnapshotLine.objects.bulk_create(lines, batch_size=500)


def lines_on(
    kept: ForecastSnapshot, deals: list[tuple[Any, ...]], at: datetime
) -> list[SnapshotLine]:
    """Return the sums of a past day, by the lives of the deals."""
    zone = Organisation.get().zone
    sums: dict[tuple[Any, ...], list[int]] = {}
    for owner, team, currency, amount, status, opened, closed, close_on, chance in deals:
        if opened > at:
            continue
        month = (closed.astimezone(zone).date() if closed else close_on).replace(day=1)
        if closed and closed <= at:
            if status != Deal.Status.WON or month < kept.holds_from:
                continue
            part, weight = WON, amount
        else:
            left = (closed - at).days if closed else 30
            chance = chance if not closed else max(10, 80 - 2 * left)
            part, weight = category_of(chance), weighted(amount, chance)
        found = sums.setdefault((owner, team, month, part, currency), [0, 0, 0])
        found[0] += amount
        found[1] += weight
        found[2] += 1
    return [
        SnapshotLine(
            snapshot=kept, owner_id=owner, team_id=team, month=month, part=part, currency=currency,
            amount_minor=amount, weighted_minor=weight, count=count,
        )
        for (owner, team, month, part, currency), (amount, weight, count) in sums.items()
    ]  # fmt: skip

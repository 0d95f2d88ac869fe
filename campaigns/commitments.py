"""What marketing committed itself to in a month, and how the month stands against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils.timezone import localdate, now

from campaigns import counting
from campaigns.metrics import cost_per, sees_all
from campaigns.models import Campaign, Commitment, CommitmentChange, Spend
from campaigns.pace import Pace, share_over
from crm.audit import services as audit
from crm.common.business_time import BusinessCalendar
from crm.common.periods import Period, add_months
from crm.funnel.models import Handoff, StageEntry
from crm.stages import Stage
from crm.users.models import Organisation, User
from leads.models import Lead

LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True)
class Standing:
    """One month of marketing. Money in minor units of the organisation's currency.

    committed: None where nobody committed to anything; cost: None also for a reader who does not
        see all leads
    """

    month: date
    leads: int
    mqls: int
    committed: int | None
    cost_per_mql: int | None
    pace: Pace | None


def standing(user: User, calendar: BusinessCalendar) -> Standing:
    """Return how the present month stands, of the leads that `user` sees."""
    today = localdate(timezone=calendar.zone)
    month = today.replace(day=1)
    leads, mqls = reached(month, user)
    committed = Commitment.objects.filter(month=month).values_list("mqls", flat=True).first()
    share = share_over(month, add_months(month, 1), today, calendar)
    return Standing(
        month,
        leads,
        mqls,
        committed,
        cost_per(spent_in(month), mqls) if sees_all(user) else None,
        Pace(mqls, committed, share) if committed else None,
    )


def reached(month: date, user: User) -> tuple[int, int]:
    """Return the Lead and the MQL entries of a month (docs/metrics.md#funnel, period)."""
    kept = counting.kept(month) if sees_all(user) else None
    if kept is not None:
        stages = (Stage.LEAD, Stage.MQL)
        leads, mqls = (sum(row.get(stage, 0) for row in kept.values()) for stage in stages)
        return leads, mqls
    start, end = Period(month, add_months(month, 1)).bounds(Organisation.get().zone)
    entries = StageEntry.objects.filter(at__gte=start, at__lt=end)
    if not sees_all(user):
        entries = entries.filter(lead__in=Lead.objects.visible_to(user))
    found = entries.aggregate(
        leads=Count("pk", filter=Q(stage=Stage.LEAD)), mqls=Count("pk", filter=Q(stage=Stage.MQL))
    )
    return found["leads"], found["mqls"]


def spent_in(month: date) -> int | None:
    """Return what all campaigns spent in a month, None without any spend."""
    spends = Spend.objects.filter(day__gte=month, day__lt=add_months(month, 1))
    found: int | None = spends.aggregate(sum=Sum("amount_minor"))["sum"]
    return found


def acceptance(user: User) -> tuple[int, int]:
    """Return how many handoffs sales answered in the last 30 days, and accepted of them."""
    answered = Handoff.objects.visible_to(user).filter(answered_at__gte=now() - LOOK_BACK)
    found = answered.order_by().aggregate(
        n=Count("pk"), accepted=Count("pk", filter=Q(outcome=Handoff.Outcome.ACCEPTED))
    )
    return found["n"], found["accepted"]


def pace_of(campaign: Campaign, mqls: int, calendar: BusinessCalendar) -> Pace | None:
    """Return a campaign's MQLs against its goal by its dates; None without goal or dates."""
    if not (campaign.mql_goal and campaign.starts_on and campaign.ends_on):
        return None
    today, end = localdate(timezone=calendar.zone), campaign.ends_on + timedelta(days=1)
    share = share_over(campaign.starts_on, end, today, calendar)
    return Pace(mqls, campaign.mql_goal, share)


@transaction.atomic
def commit(
    wanted: Mapping[date, int | None], *, by: User | None = None, note: str = ""
) -> list[CommitmentChange]:
    """Keep what is wanted in each month; None takes a commitment back. Return what changed.

    by, note: who says so, and what made him, for the history
    """
    rows = Commitment.objects.select_for_update().filter(month__in=wanted).order_by("month")
    known = dict(rows.values_list("month", "mqls"))
    changes = [
        CommitmentChange(month=month, before=known.get(month), after=mqls, by=by, note=note)
        for month, mqls in wanted.items()
        if known.get(month) != mqls
    ]
    gone = [change.month for change in changes if change.after is None]
    Commitment.objects.filter(month__in=gone).delete()
    Commitment.objects.bulk_create(
        [Commitment(month=c.month, mqls=c.after) for c in changes if c.after is not None],
        update_conflicts=True,
        unique_fields=["month"],
        update_fields=["mqls"],
    )
    for change in changes:
        before, after = ("none" if n is None else str(n) for n in (change.before, change.after))
        audit.record(by, audit.Area.TARGETS, f"MQL volume, {change.month:%b %Y}", before=before,
                     after=after, url="/alignment/")  # fmt: skip
    return CommitmentChange.objects.bulk_create(changes)


def history(limit: int = 20) -> list[CommitmentChange]:
    """Return who changed which month's commitment, the latest first."""
    return list(CommitmentChange.objects.select_related("by").order_by("-at", "-pk")[:limit])

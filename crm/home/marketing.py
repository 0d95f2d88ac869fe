"""What marketing finds in the morning: the month against its commitment, campaigns, verdicts."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, Q, When
from django.urls import reverse
from django.utils.timezone import now

from campaigns import commitments, metrics
from campaigns.commitments import Standing
from campaigns.models import Campaign, Feedback
from campaigns.pace import Pace
from crm.funnel.models import Verdict
from crm.stages import Stage
from crm.users.calendar import business_calendar
from crm.users.models import Scope, User
from leads.models import Lead

ROWS = 6
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Inbox:
    """unread: verdicts that the user is to read; disputed: objections that nobody has ruled on"""

    unread: int
    disputed: int


def standing(user: User) -> Standing:
    return commitments.standing(user, business_calendar())


@dataclass(frozen=True)
class Acceptance:
    """Handoffs answered in the last 30 days, and accepted of them."""

    answered: int
    accepted: int

    @property
    def rate(self) -> float | None:
        return self.accepted / self.answered if self.answered else None


def acceptance(user: User) -> Acceptance:
    return Acceptance(*commitments.acceptance(user))


def inbox(user: User) -> Inbox:
    """Return what waits in the feedback's inbox, by one query."""
    unread = Feedback.objects.addressed_to(user).unread().order_by()
    open_disputes = Feedback.objects.visible_to(user).disputed().filter(verdict__ruled_at=None)
    both = Feedback.objects.filter(
        Q(pk__in=unread.values("pk")) | Q(pk__in=open_disputes.values("pk"))
    )
    found = both.aggregate(
        unread=Count("pk", filter=Q(pk__in=unread.values("pk"))),
        disputed=Count("pk", filter=Q(pk__in=open_disputes.values("pk"))),
    )
    return Inbox(**found)


def verdicts(user: User) -> list[Feedback]:
    """Return the newest verdicts that the user has not read."""
    rows = Feedback.objects.addressed_to(user).unread().with_verdict()
    return list(rows.order_by("-pk")[:ROWS])


def reasons(user: User) -> list[Any]:
    """Return why leads came back in the last seven days, the most frequent reason first."""
    given = Verdict.objects.standing().filter(reason__isnull=False, at__gte=now() - WEEK)
    if user.scope != Scope.ALL:
        given = given.filter(lead__in=Lead.objects.visible_to(user))
    by_reason = given.order_by().values("reason", "reason__name")
    return list(by_reason.annotate(n=Count("pk")).order_by("-n", "reason__name")[:5])


@dataclass(frozen=True)
class Running:
    """A live campaign: its MQLs, what links to them, and its pace."""

    campaign: Campaign
    mqls: int
    url: str
    pace: Pace | None


def running(user: User) -> list[Running]:
    """Return live campaigns, those with a goal first, then the user's own."""
    theirs = Case(When(owner=user, then=0), default=1)
    live = Campaign.objects.visible_to(user).filter(status=Campaign.Status.LIVE)
    without = Case(When(mql_goal=None, then=1), default=0)
    rows = live.select_related("channel", "owner").order_by(without, theirs, "ends_on", "name")
    shown, calendar = list(rows[:ROWS]), business_calendar()
    counts = metrics.stage_counts([campaign.pk for campaign in shown], user)
    found = []
    for campaign in shown:
        mqls = counts.get(campaign.pk, {}).get(Stage.MQL, 0)
        url = metrics.leads_url(campaign, Stage.MQL)
        pace = commitments.pace_of(campaign, mqls, calendar)
        found.append(Running(campaign, mqls, url, pace))
    return found


def funnel_url() -> str:
    return f"{reverse('reports:funnel')}?period=month&counting=period"

"""The weekly digest: what sales said last week of each campaign's leads, by e-mail to its owner."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now

from campaigns.models import Campaign
from crm.common.periods import Period
from crm.funnel.models import Handoff, Reason, Verdict
from crm.mailing import services as mailing
from crm.outbox import services as outbox
from crm.users.models import Organisation

DIGESTS = "campaigns.digests"
"""Payload {"monday"}: the digests of the week that begins on this day."""

DIGEST = "campaigns.digest"
"""Payload {"campaign", "monday"}: one campaign's digest of that week."""

WEEK = timedelta(days=7)
BACK = (Verdict.Kind.REJECTED, Verdict.Kind.RECYCLED, Verdict.Kind.DISQUALIFIED)


def week_due(at: datetime, organisation: Organisation) -> date:
    """Return the Monday of the week whose digests are the latest due at the moment `at`.

    Each week's are due in the week after, on the organisation's weekday and hour, in its zone.
    """
    local = at.astimezone(organisation.zone)
    monday = local.date() - timedelta(days=local.weekday())
    day = monday + timedelta(days=organisation.digest_weekday)
    due = datetime.combine(day, time(organisation.digest_hour), organisation.zone)
    return monday - WEEK if at >= due else monday - 2 * WEEK


def iso_week(monday: date) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}"


def ask_for_digests(at: datetime | None = None) -> bool:
    """Ask for the digests that are due, once for each week; False: that was asked before."""
    organisation = Organisation.get()
    if organisation.set_up_at is None:
        return False
    monday = week_due(at or now(), organisation)
    wish = (f"digests:{iso_week(monday)}", {"monday": monday.isoformat()})
    return bool(outbox.enqueue_many(DIGESTS, [wish]))


@transaction.atomic
def handle_week(payload: dict[str, Any]) -> None:
    """Ask for one digest for each campaign with an owner and something to tell."""
    monday = date.fromisoformat(payload["monday"])
    wishes: list[tuple[str, dict[str, Any]]] = [
        (f"digest:{pk}:{iso_week(monday)}", {"campaign": pk, "monday": payload["monday"]})
        for pk in worth_telling(monday)
    ]
    outbox.enqueue_many(DIGEST, wishes)


def within(column: str, monday: date) -> Q:
    """Return the condition that `column` lies in the week, by the organisation's clock."""
    first, end = Period(monday, monday + WEEK).bounds(Organisation.get().zone)
    return Q(**{f"{column}__gte": first, f"{column}__lt": end})


def worth_telling(monday: date) -> list[int]:
    """Return the campaigns with a handoff or a verdict in the week, or a handoff still open."""
    verdicts = Verdict.objects.standing().filter(within("at", monday))
    offered = Handoff.objects.filter(within("opened_at", monday) | Q(outcome="waiting"))
    ids = {
        pk
        for rows in (verdicts, offered)
        for pk in rows.order_by().values_list("lead__campaign", flat=True).distinct()
    }
    owned = Campaign.objects.filter(pk__in=ids - {None}, owner__is_active=True)
    return list(owned.order_by("pk").values_list("pk", flat=True))


def handle_campaign(payload: dict[str, Any]) -> None:
    """Send one digest. Payload {"campaign": pk, "monday"}."""
    campaign = Campaign.objects.select_related("owner").filter(pk=payload["campaign"]).first()
    if campaign is not None:
        send(campaign, date.fromisoformat(payload["monday"]))


def send(campaign: Campaign, monday: date) -> bool:
    """Mail a campaign's digest of the week to its owner; False if it went before, or to nobody."""
    owner = campaign.owner
    if owner is None or not owner.email or not owner.can_log_in:
        return False
    with timezone.override(Organisation.get().zone):
        digest = digest_of(campaign, monday)
        return mailing.send(
            key=f"digest:{campaign.pk}:{iso_week(monday)}",
            to=owner.email,
            subject=f"{campaign}: {digest.headline}",
            template="digest",
            context={
                "digest": digest,
                "campaign": campaign,
                "owner": owner,
                "inbox": f"{reverse('campaigns:feedback')}?view=all&campaign={campaign.pk}",
            },
        )


@dataclass
class Digest:
    """One campaign's week, from Monday to Sunday."""

    first: date
    last: date
    accepted: list[Verdict] = field(default_factory=list)
    returned: list[Verdict] = field(default_factory=list)
    won: list[Verdict] = field(default_factory=list)
    lost: list[Verdict] = field(default_factory=list)
    waiting: int = 0
    overdue: int = 0

    @property
    def reasons(self) -> list[tuple[Reason, int]]:
        """Why leads came back, the commonest reason first."""
        counted = Counter(verdict.reason for verdict in self.returned if verdict.reason)
        return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0].name))

    @property
    def amounts(self) -> list[tuple[str, int]]:
        """What was won, by currency: (ISO code, minor units)."""
        sums: Counter[str] = Counter()
        for verdict in self.won:
            if verdict.amount_minor is not None:
                sums[verdict.currency] += verdict.amount_minor
        return sorted(sums.items())

    @property
    def headline(self) -> str:
        parts = [f"{len(self.accepted)} accepted", f"{len(self.returned)} given back"]
        parts += [f"{len(self.won)} won"] if self.won else []
        parts += [f"{self.waiting} still open"] if self.waiting else []
        return ", ".join(parts)


def digest_of(campaign: Campaign, monday: date) -> Digest:
    """Return what sales said in the week of the campaign's leads, and what it has yet to say."""
    digest = Digest(first=monday, last=monday + WEEK - timedelta(days=1))
    said = Verdict.objects.standing().filter(within("at", monday), lead__campaign=campaign)
    into: dict[str, list[Verdict]] = {
        Verdict.Kind.ACCEPTED: digest.accepted,
        Verdict.Kind.WON: digest.won,
        Verdict.Kind.LOST: digest.lost,
        **dict.fromkeys(BACK, digest.returned),
    }
    for verdict in said.select_related("lead", "reason").order_by("at", "pk"):
        into[verdict.kind].append(verdict)
    waiting = Handoff.objects.waiting().filter(lead__campaign=campaign)
    digest.waiting = waiting.count()
    digest.overdue = waiting.overdue(now()).count()
    return digest

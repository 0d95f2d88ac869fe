"""The weekly digest: what sales said last week of somebody's campaigns, in one email to them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import now

from campaigns.models import Campaign
from crm.common.periods import Period
from crm.funnel.models import Handoff, Reason, Verdict
from crm.mailing import services as mailing
from crm.outbox import services as outbox
from crm.users.models import Organisation, User

DIGESTS = "campaigns.digests"
"""Payload {"monday"}: the digests of the week that begins on this day."""

DIGEST = "campaigns.digest"
"""Payload {"owner", "monday"}: one person's digest of that week."""

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
    """Ask for one digest for each owner of campaigns of which something happened."""
    monday = date.fromisoformat(payload["monday"])
    owners = worth_telling(monday).values_list("owner", flat=True).distinct().order_by("owner")
    wishes: list[tuple[str, dict[str, Any]]] = [
        (key_of(owner, monday), {"owner": owner, "monday": payload["monday"]}) for owner in owners
    ]
    outbox.enqueue_many(DIGEST, wishes)


def key_of(owner_id: int | None, monday: date) -> str:
    return f"digest:owner:{owner_id}:{iso_week(monday)}"


def within(column: str, monday: date) -> Q:
    """Return the condition that `column` lies in the week, by the organisation's clock."""
    first, end = Period(monday, monday + WEEK).bounds(Organisation.get().zone)
    return Q(**{f"{column}__gte": first, f"{column}__lt": end})


def worth_telling(monday: date) -> QuerySet[Campaign]:
    """Return the owned campaigns with a handoff opened or a verdict given in the week."""
    verdicts = Verdict.objects.standing().filter(within("at", monday))
    offered = Handoff.objects.filter(within("opened_at", monday))
    ids = {
        pk
        for rows in (verdicts, offered)
        for pk in rows.order_by().values_list("lead__campaign", flat=True).distinct()
    }
    return Campaign.objects.filter(pk__in=ids - {None}, owner__is_active=True)


def handle_person(payload: dict[str, Any]) -> None:
    """Send one digest. Payload as DIGEST's; before 2026-12 it named a campaign of the owner."""
    asked = {"pk": payload["owner"]} if "owner" in payload else {"campaigns": payload["campaign"]}
    owner = User.objects.filter(**asked).first()
    if owner is not None:
        send(owner, date.fromisoformat(payload["monday"]))


def send(owner: User, monday: date) -> bool:
    """Mail the digest of the week; False if it went before, to nobody, or nothing happened."""
    if not owner.email or not owner.can_log_in:
        return False
    with timezone.override(Organisation.get().zone):
        campaigns = worth_telling(monday).filter(owner=owner).order_by("name", "pk")
        parts = [(campaign, digest_of(campaign, monday)) for campaign in campaigns]
        if not parts:
            return False
        return mailing.send(
            key=key_of(owner.pk, monday),
            to=owner.email,
            subject=subject_of(parts),
            template="digest",
            context={
                "parts": [(campaign, digest, inbox_of(campaign)) for campaign, digest in parts],
                "first": monday,
                "last": monday + WEEK - timedelta(days=1),
                "owner": owner,
            },
        )


def subject_of(parts: list[tuple[Campaign, "Digest"]]) -> str:
    """Return the sums of all campaigns, under the name of one or the number of several."""
    whose = str(parts[0][0]) if len(parts) == 1 else f"{len(parts)} campaigns"
    return f"{whose}: {headline([digest for _, digest in parts])}"


def inbox_of(campaign: Campaign) -> str:
    return f"{reverse('campaigns:feedback')}?view=all&campaign={campaign.pk}"


@dataclass
class Digest:
    """One campaign's week, from Monday to Sunday."""

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


def headline(digests: list[Digest]) -> str:
    """Return what happened and what is open, summed, in words."""
    counts = {
        "accepted": sum(len(one.accepted) for one in digests),
        "given back": sum(len(one.returned) for one in digests),
        "won": sum(len(one.won) for one in digests),
        "still open": sum(one.waiting for one in digests),
    }
    always = ("accepted", "given back")
    return ", ".join(f"{n} {label}" for label, n in counts.items() if n or label in always)


def digest_of(campaign: Campaign, monday: date) -> Digest:
    """Return what sales said in the week of the campaign's leads, and what it has yet to say."""
    digest = Digest()
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

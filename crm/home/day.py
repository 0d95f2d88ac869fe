"""What a user finds in the morning: numbers, and the few rows that cannot wait. Read-only."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.timezone import localdate, localtime, now

from crm.activities.models import Activity, FollowUp
from crm.common.periods import named
from crm.funnel.models import Handoff
from crm.funnel.queue import with_history
from crm.users.models import Organisation, User
from deals.cards import Card, card, clock
from deals.models import Deal
from deals.status import NONE, OVERDUE, ROTTING

ROWS = 6


@dataclass(frozen=True)
class Tile:
    """One number and its meaning. `form` is number, money (minor units) or percent."""

    label: str
    value: Any
    url: str = ""
    hint: str = ""
    help: str = ""
    form: str = "number"


@dataclass(frozen=True)
class Month:
    """The present month of the organisation: its name and its first day."""

    name: str
    first: date


def this_month() -> Month:
    first = named("month", localdate(timezone=Organisation.get().zone)).first
    assert first
    return Month(f"{first:%B}", first)


def end_of_today() -> datetime:
    midnight = localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def sales_tiles(user: User) -> list[Tile]:
    """Return a seller's numbers: what waits, what is due, what is open and won."""
    due = (
        FollowUp.objects.open()
        .filter(owner=user)
        .aggregate(
            late=Count("pk", filter=Q(due_at__lt=now())),
            today=Count("pk", filter=Q(due_at__gte=now(), due_at__lt=end_of_today())),
        )
    )
    waiting = Handoff.objects.visible_to(user).waiting().order_by().count()
    return [
        Tile("Waiting for an answer", waiting, reverse("funnel:queue")),
        Tile(
            "Due today",
            due["late"] + due["today"],
            reverse("activities:list"),
            hint=f"{due['late']} overdue" if due["late"] else "nothing overdue",
        ),
        *deal_tiles(user),
    ]


def deal_tiles(user: User) -> list[Tile]:
    """Return what is open and what was won this month, of the deals that the user sees."""
    month = this_month()
    currency = Organisation.get().currency
    still, won = Q(status=Deal.Status.OPEN), Q(status=Deal.Status.WON, closed_on__gte=month.first)
    deals = Deal.objects.visible_to(user).filter(still | won, currency=currency)
    sums = deals.order_by().aggregate(
        open=Sum("amount_minor", filter=still, default=0),
        opened=Count("pk", filter=still),
        won=Sum("amount_minor", filter=won, default=0),
        closed=Count("pk", filter=won),
    )
    return [
        Tile(
            "Open deals",
            sums["open"],
            reverse("deals:list"),
            deals_of(sums["opened"]),
            form="money",
        ),
        Tile(f"Won in {month.name}", sums["won"], hint=deals_of(sums["closed"]), form="money"),
    ]


def deals_of(count: int) -> str:
    return f"{count} deal" if count == 1 else f"{count} deals"


def waiting_handoffs(user: User, *, overdue: bool = False) -> list[Handoff]:
    """Return the next handoffs that wait for an answer, the most urgent first."""
    rows = Handoff.objects.visible_to(user).waiting()
    if overdue:
        rows = rows.overdue(now())
    found = list(rows.for_queue().order_by("due_at", "pk")[:ROWS])
    with_history(found)
    return found


MEETINGS = (Activity.Kind.MEETING, Activity.Kind.DEMO, Activity.Kind.NEGOTIATION)


def due_today(user: User) -> tuple[list[FollowUp], list[FollowUp]]:
    """Return today's meetings, and what else the user is to do until the end of today.

    Of the latter the longest overdue first; a meeting of an earlier day is among them. One query
    for each.
    """
    end = end_of_today()
    due = FollowUp.objects.open().filter(owner=user, due_at__lt=end)
    due = due.select_related("lead__company", "deal").order_by("due_at", "pk")
    today = Q(kind__in=MEETINGS, due_at__gte=end - timedelta(days=1))
    return list(due.filter(today)[:ROWS]), list(due.exclude(today)[:ROWS])


def needing(user: User) -> tuple[list[Card], list[Card]]:
    """Return the user's own open deals that rot, and those with nothing planned; largest first."""
    at = clock()
    own = Deal.objects.visible_to(user).open().filter(owner=user)
    found = (
        own.with_tag(tag, at).for_cards().order_by("-amount_minor", "pk")[:ROWS]
        for tag in (ROTTING, NONE)
    )
    rotting, bare = ([card(deal, at) for deal in rows] for rows in found)
    return rotting, bare


def deals_at_risk(user: User) -> list[Card]:
    """Return open deals that rot, have nothing planned or are overdue, the largest first."""
    at = clock()
    deals = Deal.objects.visible_to(user).open()
    found: dict[int, Card] = {}
    for tag in (ROTTING, NONE, OVERDUE):
        rows = deals.with_tag(tag, at).for_cards().order_by("-amount_minor", "pk")
        for deal in rows[: ROWS - len(found)]:
            found.setdefault(deal.pk, card(deal, at))
        if len(found) >= ROWS:
            break
    return list(found.values())

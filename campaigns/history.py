"""What happened with a campaign, newest first: money spent, touches, verdicts of sales."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db.models import Count, Max
from django.db.models.functions import TruncWeek

from campaigns.models import Campaign, Feedback, Touch
from campaigns.website import TOUCH_KEY
from crm.activities.timeline import Item
from crm.common.formats import day, money
from crm.users.models import Organisation, User
from leads.models import Lead

MOST = 30
ICONS = {
    Touch.Kind.FORM: "clipboard-list",
    Touch.Kind.EMAIL_CLICK: "mail",
    Touch.Kind.PAGE_VIEW: "eye",
    Touch.Kind.DOWNLOAD: "download",
    Touch.Kind.WEBINAR: "video",
    Touch.Kind.EVENT: "calendar",
    Touch.Kind.AD_CLICK: "target",
    Touch.Kind.SOCIAL: "message",
    Touch.Kind.REFERRAL: "users",
    Touch.Kind.DEMO_REQUEST: "heart-handshake",
}
TONES = {"accepted": "sales", "won": "won"}


@dataclass(frozen=True)
class Event:
    """One event of a campaign's history."""

    at: datetime
    title: str
    icon: str
    tone: str = "quiet"
    who: str = ""
    text: str = ""


def events_of(campaign: Campaign, user: User) -> list[Event]:
    """Return the latest events of a campaign, of the leads that `user` sees."""
    events = [
        Event(campaign.created_at, "Campaign created", "speakerphone", "marketing"),
        *spends(campaign),
        *touch_weeks(campaign, user),
        *verdicts(campaign, user),
    ]
    return sorted(events, key=lambda event: event.at, reverse=True)[:MOST]


def spends(campaign: Campaign) -> list[Event]:
    organisation = Organisation.get()
    rows = campaign.spends.select_related("created_by")[:MOST]
    return [
        Event(
            datetime.combine(spend.day, time.min, organisation.zone),
            f"Spent {money(spend.amount_minor, organisation.currency)}",
            "cash",
            "marketing",
            str(spend.created_by or ""),
            spend.note,
        )
        for spend in rows
    ]


def touch_weeks(campaign: Campaign, user: User) -> list[Event]:
    """Return one event for each week: a campaign may earn thousands of touches."""
    zone = Organisation.get().zone
    seen = campaign.touches.filter(lead__in=Lead.objects.visible_to(user))
    weeks = seen.order_by().annotate(week=TruncWeek("at", tzinfo=zone)).values_list("week", "kind")
    rows = weeks.annotate(count=Count("pk"), last=Max("at")).order_by("-week", "-count", "kind")
    found: dict[datetime, list[tuple[str, int, datetime]]] = {}
    for week, kind, count, last in rows[: MOST * len(Touch.Kind)]:
        found.setdefault(week, []).append((Touch.Kind(kind).label, count, last))
    return [
        Event(
            max(last for _, _, last in kinds),
            f"Touches in the week of {day(week)}: {sum(count for _, count, _ in kinds)}",
            "activity",
            "marketing",
            text=", ".join(f"{label} {count}" for label, count, _ in kinds),
        )
        for week, kinds in found.items()
    ]


def verdicts(campaign: Campaign, user: User) -> list[Event]:
    rows = Feedback.objects.visible_to(user).filter(campaign=campaign).with_verdict()[:MOST]
    return [
        Event(
            item.verdict.at,
            f"{item.verdict.lead}: {item.verdict.get_kind_display().lower()}",
            "check" if item.verdict.kind in TONES else "arrow-back-up",
            TONES.get(item.verdict.kind, "quiet"),
            str(item.verdict.by or ""),
            str(item.verdict.reason or item.verdict.reason_text),
        )
        for item in rows
    ]


def touches_for_timeline(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return the touches of a lead for its timeline (crm.activities.timeline.Fetch).

    Without those that stand for visits of the website: the visits themselves are shown.
    """
    touches = lead.touches.exclude(key__startswith=TOUCH_KEY)
    touches = touches.select_related("campaign", "recorded_by")
    if before is not None:
        touches = touches.filter(at__lte=before)
    return [
        Item(
            at=touch.at,
            key=f"touch-{touch.pk}",
            title=touch.get_kind_display(),
            icon=ICONS.get(Touch.Kind(touch.kind), "point"),
            who=str(touch.recorded_by or ""),
            tone="marketing",
            text=" · ".join(part for part in (touch.detail, str(touch.campaign or "")) if part),
        )
        for touch in touches[:limit]
    ]

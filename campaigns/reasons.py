"""Why sales gave leads back, counted by campaign."""

from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode

from campaigns.filters import NONE
from campaigns.querysets import FeedbackQuerySet
from crm.funnel.models import Reason

MOST = 5


@dataclass(frozen=True)
class ReasonCount:
    """How often one campaign's leads came back for one reason; `url` opens exactly those."""

    campaign: str
    reason: str
    side: str
    count: int
    url: str


def reasons_by_campaign(feedback: FeedbackQuerySet) -> list[ReasonCount]:
    """Return the commonest reasons among `feedback`, in one query."""
    rows = (
        feedback.exclude(verdict__reason=None)
        .order_by()
        .values(
            "campaign", "campaign__name", "verdict__reason", "verdict__reason__name",
            "verdict__reason__side",
        )
        .annotate(count=Count("pk"))
        .order_by("-count", "campaign__name", "verdict__reason__name")[:MOST]
    )  # fmt: skip
    return [
        ReasonCount(
            campaign=row["campaign__name"] or "(no campaign)",
            reason=row["verdict__reason__name"],
            side=Reason.Side(row["verdict__reason__side"]).label,
            count=row["count"],
            url=link(row["campaign"], row["verdict__reason"]),
        )
        for row in rows
    ]


def link(campaign: int | None, reason: int) -> str:
    query = {"view": "all", "campaign": campaign or NONE, "reason": reason}
    return f"{reverse('campaigns:feedback')}?{urlencode(query)}"

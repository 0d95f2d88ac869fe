"""Which campaigns, rules and feedback a page shows."""

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum

from crm.funnel.models import Verdict
from crm.users.models import Role
from crm.users.permissions import MARKETING_MANAGERS

if TYPE_CHECKING:
    from campaigns.models import Campaign, Feedback  # noqa: F401 what the querysets hold
    from crm.users.models import User

READS_ALL = MARKETING_MANAGERS | {Role.VIEWER}


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: "User") -> "CampaignQuerySet":
        """Everybody sees every campaign: a rep must know what brought a lead."""
        return self if user.is_active else self.none()

    def live(self, on: date) -> "CampaignQuerySet":
        """Campaigns that are live and have not ended before the day `on`."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=on), status=self.model.Status.LIVE)

    def current(self) -> "CampaignQuerySet":
        """All but the archived ones."""
        return self.exclude(status=self.model.Status.ARCHIVED)

    def programmes(self) -> "CampaignQuerySet":
        """Campaigns that others may stand under: those that stand under none."""
        return self.filter(parent=None)

    def with_spent(self) -> "CampaignQuerySet":
        """Annotate `spent`: minor units of the organisation's currency, None without any spend."""
        return self.annotate(spent=Sum("spends__amount_minor"))

    def over_budget(self) -> "CampaignQuerySet":
        """Campaigns that have spent more than their budget, with `spent`."""
        spent = Sum("spends__amount_minor")
        return self.annotate(spent=spent).filter(spent__gt=F("budget_minor"))

    def for_list(self) -> "CampaignQuerySet":
        """With `spent`, `is_programme` and all else that a row shows beside its results."""
        children = self.model.objects.filter(parent=OuterRef("pk"))
        rows = self.with_spent().annotate(is_programme=Exists(children))
        return rows.select_related("channel", "owner", "parent")


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def visible_to(self, user: "User") -> "FeedbackQuerySet":
        """Standing verdicts: a marketer's own; all of them for marketing managers and viewers.

        A sales manager, who rules on disputes, sees the verdicts in his row scope.
        """
        standing = self.filter(verdict__withdrawn_at=None)
        if user.role in READS_ALL:
            return standing
        if user.role == Role.SALES_MANAGER:
            return standing.filter(verdict__in=Verdict.objects.visible_to(user))
        return standing.filter(owner=user)

    def addressed_to(self, user: "User") -> "FeedbackQuerySet":
        """What `user` himself is to read; what has no owner is for all marketing managers."""
        mine = Q(owner=user)
        if user.role in MARKETING_MANAGERS:
            mine |= Q(owner=None)
        return self.filter(mine, verdict__withdrawn_at=None)

    def unread(self) -> "FeedbackQuerySet":
        return self.filter(read_at=None)

    def disputed(self) -> "FeedbackQuerySet":
        """Feedback on verdicts that marketing objected to, ruled or not."""
        return self.exclude(verdict__disputed_at=None)

    def with_verdict(self) -> "FeedbackQuerySet":
        """With all that a row of the inbox shows."""
        return self.select_related(
            "campaign",
            "owner",
            "verdict__lead__company",
            "verdict__reason",
            "verdict__by",
            "verdict__disputed_by",
            "verdict__ruled_by",
        )

"""What sellers are to win, what they expect of a deal, and what was expected on a past day."""

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.users.models import Scope, Team
from crm.users.scoping import in_scope
from deals.forecast.arithmetic import BEST, COMMIT, PIPELINE
from deals.models import Deal

if TYPE_CHECKING:
    from crm.users.models import User


class QuotaQuerySet(models.QuerySet["Quota"]):
    def visible_to(self, user: "User") -> "QuotaQuerySet":
        """Own: his quota. Team: also those of his team and its people. All: everybody's."""
        if user.scope == Scope.ALL:
            return self
        own = Q(user=user)
        if user.scope == Scope.TEAM and user.team_id:
            own |= Q(team=user.team_id) | Q(user__team=user.team_id)
        return self.filter(own)


class Quota(models.Model):
    """What a seller or a team is to win in a month or a quarter."""

    class Span(models.TextChoices):
        MONTH = "month", "Month"
        QUARTER = "quarter", "Quarter"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="quotas",
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="quotas"
    )
    span = models.CharField(max_length=7, choices=Span.choices, default=Span.MONTH)
    starts_on = models.DateField(help_text="First day of the month or quarter")
    amount_minor = models.BigIntegerField(help_text="Minor units of `currency`")
    currency = models.CharField(max_length=3, help_text="The organisation's when it was set")

    objects = QuotaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="quota_is_of_one_user_or_one_team",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="quota_is_not_negative"),
            models.CheckConstraint(
                condition=Q(span__in=["month", "quarter"]), name="quota_span_is_known"
            ),
            models.UniqueConstraint(
                fields=["user", "span", "starts_on"],
                condition=Q(user__isnull=False),
                name="quota_of_user_is_unique",
            ),
            models.UniqueConstraint(
                fields=["team", "span", "starts_on"],
                condition=Q(team__isnull=False),
                name="quota_of_team_is_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team}, {self.span} from {self.starts_on}"


class ForecastCall(models.Model):
    """What somebody expects of a deal, in place of what its stage's probability says."""

    class Category(models.TextChoices):
        COMMIT = COMMIT, "Commit"
        BEST = BEST, "Best case"
        PIPELINE = PIPELINE, "Pipeline"

    deal = models.OneToOneField(Deal, on_delete=models.CASCADE, related_name="forecast_call")
    category = models.CharField(max_length=8, choices=Category.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=[COMMIT, BEST, PIPELINE]),
                name="forecast_call_category_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.deal}: {self.get_category_display()}"


class ForecastSnapshot(models.Model):
    """The forecast as it stood on one day of the organisation's calendar. Never changed."""

    day = models.DateField(unique=True)
    taken_at = models.DateTimeField()
    holds_from = models.DateField(help_text="The first month of which it holds what was won")

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"Forecast on {self.day}"


class SnapshotLineQuerySet(models.QuerySet["SnapshotLine"]):
    def visible_to(self, user: "User") -> "SnapshotLineQuerySet":
        """The lines of the deals that `user` would see if they were still whose they were."""
        return self.filter(in_scope(user))

    def of_months(self, first: date, end: date) -> "SnapshotLineQuerySet":
        return self.filter(month__gte=first, month__lt=end)


class SnapshotLine(models.Model):
    """One sum of a snapshot: the deals of one owner, team, month of close and category."""

    snapshot = models.ForeignKey(ForecastSnapshot, on_delete=models.CASCADE, related_name="lines")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    month = models.DateField(null=True, help_text="Of the close; blank: no close date")
    part = models.CharField(max_length=8, help_text="won, commit, best or pipeline")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    weighted_minor = models.BigIntegerField()
    count = models.PositiveIntegerField()

    objects = SnapshotLineQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["snapshot", "month"], name="snapshot_line_by_month")]

    def __str__(self) -> str:
        return f"{self.part} of {self.month}: {self.count}"

"""Plans that were adopted."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.users.models import User


class AdoptedPlanQuerySet(models.QuerySet["AdoptedPlan"]):
    def in_force(self, quarter: date) -> "AdoptedPlanQuerySet":
        """The parts that are adopted for the quarter that begins on this day, the latest first."""
        return self.filter(quarter=quarter, taken_back_at=None)

    def may_take_back(self, user: User) -> "AdoptedPlanQuerySet":
        """Those that `user` may take back: their own, an administrator's are all."""
        return self if user.is_admin else self.filter(adopted_by=user)


class AdoptedPlan(models.Model):
    """A plan that became quotas and commitments, with what stood there before.

    asked: the planner's question, as in its address; needs: by month, rounded up
    part: what of the plan: "all", "marketing" (commitments) or "team-<id>" (quotas of its sellers)
    before: {"quotas": [["user" or "team", id, "month" or "quarter", first day, before, after]],
        "commitments": [[month, before, after]]}; amounts in minor units, None: none was set; plans
        of before 2026-12 have no `after`
    """

    quarter = models.DateField(help_text="Its first day")
    part = models.CharField(max_length=30, default="all")
    target_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    asked = models.JSONField(default=dict)
    needs = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    adopted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    adopted_at = models.DateTimeField(db_default=Now())
    taken_back_at = models.DateTimeField(null=True, blank=True)

    objects = AdoptedPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(target_minor__gt=0), name="plan_aims_at_something"),
            models.UniqueConstraint(
                fields=["quarter", "part"],
                condition=Q(taken_back_at=None),
                name="plan_part_is_one_for_its_quarter",
            ),
        ]

    def __str__(self) -> str:
        return f"Plan of the quarter from {self.quarter}"

    @property
    def part_label(self) -> str:
        """What this part has set, in words."""
        known = {"all": "quotas and commitments", "marketing": "marketing's commitments"}
        return known.get(self.part, "quotas of a team")

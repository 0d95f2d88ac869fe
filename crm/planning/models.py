"""Plans that were adopted."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class AdoptedPlan(models.Model):
    """A plan that became quotas and commitments, with what stood there before.

    asked: the planner's question, as in its address; needs: by month, rounded up
    before: {"quotas": [[user, month, minor units or None]], "commitments": [[month, MQLs or None]]}
    """

    quarter = models.DateField(help_text="Its first day")
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

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(target_minor__gt=0), name="plan_aims_at_something"),
            models.UniqueConstraint(
                fields=["quarter"],
                condition=Q(taken_back_at=None),
                name="plan_is_one_for_its_quarter",
            ),
        ]

    def __str__(self) -> str:
        return f"Plan of the quarter from {self.quarter}"

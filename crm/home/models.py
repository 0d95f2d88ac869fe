"""A seller's work given to others in bulk, and what of it was given: so that it can be undone."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.users.models import User
from crm.users.permissions import SALES_MANAGERS


class RebalancingQuerySet(models.QuerySet["Rebalancing"]):
    def visible_to(self, user: User) -> "RebalancingQuerySet":
        """His own; an administrator's are all."""
        if user.role not in SALES_MANAGERS:
            return self.none()
        return self if user.is_admin else self.filter(actor=user)


class Rebalancing(models.Model):
    """One act of giving a seller's open work to others."""

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = RebalancingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Work of {self.giver}"


class RebalancedRow(models.Model):
    """One lead, deal or handoff that is to change hands."""

    class Kind(models.TextChoices):
        LEAD = "lead", "Open leads"
        DEAL = "deal", "Open deals"
        HANDOFF = "handoff", "Waiting handoffs"

    class State(models.TextChoices):
        PLANNED = "planned", "To be given"
        GIVEN = "given", "Given"
        PASSED = "passed", "Left alone: it had changed meanwhile"
        RETURNED = "returned", "Given back"

    rebalancing = models.ForeignKey(Rebalancing, on_delete=models.CASCADE, related_name="rows")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    object_id = models.BigIntegerField()
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rebalancing", "kind", "object_id"], name="rebalanced_row_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "given", "passed", "returned"]),
                name="rebalanced_row_state_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} to {self.taker}"

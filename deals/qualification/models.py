"""What is known of one sale: of a lead before its deal is opened, then of that deal."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from deals.models import Deal
from leads.models import Lead


class Qualification(models.Model):
    """A lead's need, budget, authority and timing in a seller's words; with the deal it made.

    checked: wordings of the pipeline's checklist that are done
    Every write raises `version`; a stale one is refused.
    """

    PARTS = ("need", "budget", "authority", "timing")

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="qualifications")
    deal = models.OneToOneField(
        Deal, null=True, blank=True, on_delete=models.CASCADE, related_name="qualification"
    )
    need = models.CharField(
        max_length=500, blank=True, default="", help_text="What do they want to change, and why?"
    )
    budget = models.CharField(
        max_length=500, blank=True, default="", help_text="How much, and is it approved?"
    )
    authority = models.CharField(
        max_length=500, blank=True, default="", help_text="Who decides, and who else has a say?"
    )
    timing = models.CharField(
        max_length=500, blank=True, default="", help_text="By when, and what happens if not?"
    )
    competitor = models.CharField(
        max_length=120, blank=True, default="", help_text="Who else do they talk to?"
    )
    notes = models.TextField(blank=True, default="")
    checked = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=now)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(deal=None),
                name="qualification_without_a_deal_is_one_per_lead",
            )
        ]

    def __str__(self) -> str:
        return f"Qualification of {self.deal or self.lead}"

    @property
    def known(self) -> list[str]:
        """Which of need, budget, authority and timing are written down."""
        return [part for part in self.PARTS if getattr(self, part)]

    @property
    def is_empty(self) -> bool:
        said = (*self.PARTS, "competitor", "notes", "checked")
        return not any(getattr(self, field) for field in said)

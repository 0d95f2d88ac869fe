"""Segments: leads chosen by rules, anew each time they are asked for, or by hand, once."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.urls import reverse

from crm.common.names import NameField
from leads.models import Lead


class Segment(models.Model):
    """Leads under a name. Dynamic: whoever meets the rules now. Static: whom somebody put in.

    `rules` is a tree as campaigns.segments.rules reads it; a static segment has none.
    """

    class Kind(models.TextChoices):
        DYNAMIC = "dynamic", "Dynamic"
        STATIC = "static", "Static"

    name = NameField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.DYNAMIC)
    rules = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=250, blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="segments",
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="segment_name_is_unique"),
            models.CheckConstraint(
                condition=Q(kind__in=["dynamic", "static"]), name="segment_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("segments:detail", args=[self.pk])

    @property
    def is_static(self) -> bool:
        return self.kind == self.Kind.STATIC


class SegmentMember(models.Model):
    """One lead in a static segment: who put it in, and when."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="listed")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="segment_memberships")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "lead"], name="segment_lists_a_lead_once")
        ]

    def __str__(self) -> str:
        return f"{self.lead} in {self.segment}"

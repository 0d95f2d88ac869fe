"""One row for each change; nothing in Tandem edits or deletes one."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    """What somebody changed, with before and after in words. Written with the change itself.

    actor: None is Tandem itself; who: his name then, for one that is gone
    """

    class Area(models.TextChoices):
        SCORING = "scoring", "Scoring"
        DEFINITION = "definition", "MQL definition"
        TARGETS = "targets", "Targets"
        ROUTING = "routing", "Routing"
        REASONS = "reasons", "Reasons"
        PEOPLE = "people", "People"
        IMPORTS = "imports", "Imports"
        PLAN = "plan", "Plan"

    area = models.CharField(max_length=10, choices=Area.choices)
    what = models.CharField(max_length=200)
    before = models.TextField(blank=True, default="")
    after = models.TextField(blank=True, default="")
    url = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    who = models.CharField(max_length=150, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["area", "-id"], name="audit_by_area"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_area_display()}: {self.what}"

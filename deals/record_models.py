"""What belongs to one deal: the people it is made with, its files, the criteria that it meets."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.common.names import NameField
from leads.models import Lead

if TYPE_CHECKING:
    from crm.users.models import User


class DealContactQuerySet(models.QuerySet["DealContact"]):
    def visible_to(self, user: "User") -> "DealContactQuerySet":
        """Contacts whose leads `user` sees: a deal opens no way to people out of his scope."""
        return self.filter(lead__in=Lead.objects.visible_to(user))


class DealContact(models.Model):
    """A person on the customer's side of a deal, besides its own lead: a lead like any other."""

    class Part(models.TextChoices):
        DECISION_MAKER = "decision_maker", "Decision maker"
        CHAMPION = "champion", "Champion"
        USER = "user", "User"
        BLOCKER = "blocker", "Blocker"
        OTHER = "other", "Other"

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="contacts")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="deal_contacts")
    role = models.CharField(max_length=14, choices=Part.choices, default=Part.OTHER)
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = DealContactQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["deal", "lead"], name="deal_contact_is_named_once_a_deal"
            )
        ]

    def __str__(self) -> str:
        return f"{self.lead}, {self.get_role_display()}"


class DealFileQuerySet(models.QuerySet["DealFile"]):
    def present(self) -> "DealFileQuerySet":
        """Files that are not deleted."""
        return self.filter(deleted_at=None)


class DealFile(models.Model):
    """A file of a deal. Its bytes lie under MEDIA_ROOT by its key, never by its name."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="files")
    name = NameField(max_length=200)
    size = models.PositiveBigIntegerField(help_text="Bytes")
    added_at = models.DateTimeField(db_default=Now())
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = DealFileQuerySet.as_manager()

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="deal_file_is_not_empty")
        ]

    def __str__(self) -> str:
        return self.name


class MetCriterion(models.Model):
    """An exit criterion that somebody ticked by hand for a deal; `text` is its wording."""

    deal = models.ForeignKey("deals.Deal", on_delete=models.CASCADE, related_name="met_criteria")
    text = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name_plural = "met criteria"
        constraints = [
            models.UniqueConstraint(fields=["deal", "text"], name="deal_criterion_is_ticked_once")
        ]

    def __str__(self) -> str:
        return self.text

"""The negotiation log: who offered what, what was given, and what for."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from deals.models import Deal

if TYPE_CHECKING:
    from crm.users.models import User


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: "User") -> "EntryQuerySet":
        """Entries of the deals that `user` sees."""
        return self.filter(deal__in=Deal.objects.visible_to(user))


class Entry(models.Model):
    """One offer or counter-offer. `quote` is the version that it put on the table, if any."""

    class Side(models.TextChoices):
        US = "us", "Us"
        THEM = "them", "Them"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="negotiation")
    day = models.DateField(help_text="Of the offer: the same in every time zone")
    at = models.DateTimeField(help_text="Its place in the timeline")
    side = models.CharField(max_length=4, choices=Side.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(null=True, blank=True, help_text="Of the whole deal")
    terms = models.TextField(blank=True, default="")
    concession = models.TextField(blank=True, default="", help_text="What this side gives")
    concession_minor = models.BigIntegerField(
        null=True, blank=True, help_text="What that is worth, where it can be said"
    )
    in_return = models.TextField(blank=True, default="", help_text="What for")
    quote = models.ForeignKey(
        "quotes.Quote",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="negotiation",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor=None) | Q(amount_minor__gte=0),
                name="negotiation_amount_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(concession_minor=None)
                | (Q(concession_minor__gte=0) & ~Q(concession="")),
                name="negotiation_concession_says_what_it_is",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["us", "them"]), name="negotiation_side_is_us_or_them"
            ),
        ]
        indexes = [models.Index(fields=["deal", "-at", "-id"], name="negotiation_of_deal")]

    def __str__(self) -> str:
        return f"{self.get_side_display()}: {self.get_status_display().lower()}"

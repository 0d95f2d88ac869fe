"""Quotes: versions of an offer, made of lines. Their products are in `product_models`."""

import uuid
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from crm.common.names import NameField
from crm.users.models import Organisation
from deals.models import Deal
from deals.quotes.product_models import Product, ProductPrice, percent_field, price_field
from deals.quotes.rules import Limit
from deals.quotes.totals import Discount, Line, Totals, totals

if TYPE_CHECKING:
    from crm.users.models import User

__all__ = ["Product", "ProductPrice", "Quote", "QuoteLine", "QuoteSettings", "SentPdf"]

TONES = {
    "draft": "quiet",
    "waiting": "handoff",
    "approved": "sales",
    "sent": "marketing",
    "accepted": "won",
    "superseded": "closed",
}
"""The colour of each state of a quote."""


class QuoteSettings(models.Model):
    """What every quote says of the seller, and from where on a manager is asked."""

    address = models.TextField("Address and registration", blank=True, default="")
    terms = models.TextField(blank=True, default="")
    valid_days = models.PositiveSmallIntegerField("Valid for, days", default=30)
    approve_percent = percent_field(null=True, blank=True)
    approve_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Minor units of the organisation's currency"
    )
    approve_unlisted_minor = models.BigIntegerField(
        null=True, blank=True, default=0, help_text="Minor units of the organisation's currency"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="quote_settings_are_one"),
            models.CheckConstraint(
                condition=Q(valid_days__gte=1), name="quote_is_valid_for_a_day_at_least"
            ),
        ]

    def __str__(self) -> str:
        return "Quote settings"

    @classmethod
    def get(cls) -> "QuoteSettings":
        """Return the settings; before anybody saved them an unsaved row with the defaults."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def limit(self) -> Limit:
        """Return what a rep may offer without asking a manager."""
        currency = Organisation.get().currency
        return Limit(
            self.approve_percent, self.approve_minor, currency, self.approve_unlisted_minor
        )


class QuoteQuerySet(models.QuerySet["Quote"]):
    def visible_to(self, user: "User") -> "QuoteQuerySet":
        """Quotes of the deals that `user` sees."""
        return self.filter(deal__in=Deal.objects.visible_to(user))

    def public(self) -> "QuoteQuerySet":
        """Quotes that have left the house: their link is known to a customer."""
        return self.filter(sent_at__isnull=False)


class Quote(models.Model):
    """One version of an offer for a deal. Sent, its content is frozen by the database too."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        WAITING = "waiting", "Waiting for approval"
        APPROVED = "approved", "Approved"
        SENT = "sent", "Sent"
        ACCEPTED = "accepted", "Accepted"
        SUPERSEDED = "superseded", "Superseded"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    deal = models.ForeignKey(Deal, on_delete=models.PROTECT, related_name="quotes")
    version = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1, help_text="Raised by every save of a draft")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    currency = models.CharField(max_length=3)
    discount_percent = percent_field(null=True, blank=True)
    discount_minor = models.BigIntegerField(null=True, blank=True)
    net_minor = models.BigIntegerField(default=0, help_text="After all discounts, without tax")
    total_minor = models.BigIntegerField(default=0, help_text="With tax")
    valid_until = models.DateField()
    customer = models.TextField(help_text="Name and address, as the quote shows them")
    seller = models.TextField(blank=True, default="", help_text="Ours, as the quote shows it")
    terms = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    approval_note = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_to = models.EmailField(blank=True, default="")
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_name = NameField(max_length=120, blank=True, default="")

    objects = QuoteQuerySet.as_manager()

    class Meta:
        ordering = ["-version", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "version"], name="quote_version_is_unique"),
            models.UniqueConstraint(
                fields=["deal"], condition=Q(state="sent"), name="quote_one_sent_a_deal"
            ),
            models.UniqueConstraint(
                fields=["deal"],
                condition=Q(state__in=["draft", "waiting", "approved"]),
                name="quote_one_in_the_making_a_deal",
            ),
            models.CheckConstraint(
                condition=Q(discount_percent=None) | Q(discount_minor=None),
                name="quote_discount_is_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor=None) | Q(discount_minor__gte=0),
                name="quote_discount_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "waiting", "approved"], sent_at=None)
                | (Q(state__in=["sent", "accepted", "superseded"]) & Q(sent_at__isnull=False)),
                name="quote_is_sent_when_it_has_left",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", accepted_at__isnull=False)
                | (~Q(state="accepted") & Q(accepted_at=None)),
                name="quote_is_accepted_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("quotes:deal-quote", args=[self.deal_id]) + f"?version={self.version}"

    @property
    def number(self) -> str:
        """What the customer calls it: the deal and the version."""
        return f"Q-{self.deal_id:05d}-{self.version}"

    @property
    def public_path(self) -> str:
        return reverse("quotes:public", args=[self.key])

    @property
    def tone(self) -> str:
        """The colour of its state's tag."""
        return TONES[self.state]

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def is_expired(self, today: date) -> bool:
        """True if it was sent and its last day is over. today: where the organisation is."""
        return self.state == self.State.SENT and today > self.valid_until

    @property
    def discount(self) -> Discount:
        return Discount(self.discount_percent, self.discount_minor or 0)

    def totals(self) -> Totals:
        """Return what its lines come to."""
        return totals([line.as_sum() for line in self.lines.all()], self.discount)


class QuoteLine(models.Model):
    """One position: a product of the price list, or words of the rep's own."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="lines"
    )
    text = models.CharField(max_length=500)
    unit = models.CharField(max_length=30, blank=True, default="")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=Decimal(1))
    price_minor = price_field(help_text="One unit, without tax")
    list_minor = price_field(null=True, blank=True, help_text="By the price list")
    discount_percent = percent_field(null=True, blank=True)
    discount_minor = models.BigIntegerField(null=True, blank=True)
    tax_rate = percent_field(default=Decimal(0))

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="quote_line_quantity_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(price_minor__gte=0), name="quote_line_price_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(discount_percent=None) | Q(discount_minor=None),
                name="quote_line_discount_is_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(discount_minor=None) | Q(discount_minor__gte=0),
                name="quote_line_discount_is_not_negative",
            ),
        ]
        indexes = [models.Index(F("product"), F("id"), name="quote_line_of_product")]

    def __str__(self) -> str:
        return self.text

    @property
    def discount(self) -> Discount:
        return Discount(self.discount_percent, self.discount_minor or 0)

    def as_sum(self) -> Line:
        """Return the line as the arithmetic takes it."""
        return Line(self.quantity, self.price_minor, self.discount, self.tax_rate, self.list_minor)


class SentPdf(models.Model):
    """The very file that the customer was sent."""

    quote = models.OneToOneField(Quote, on_delete=models.CASCADE, related_name="pdf")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"PDF of {self.quote_id}"

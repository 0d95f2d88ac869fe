"""Products, and what a unit of each costs in each currency."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from crm.common.names import NameField

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


def percent_field(**options: object) -> models.DecimalField:
    """Return a column of 0 to 100 with two decimals."""
    return models.DecimalField(max_digits=5, decimal_places=2, validators=PERCENT, **options)  # type: ignore[arg-type]


def price_field(**options: object) -> models.DecimalField:
    """Return a column of minor units with a fraction: four decimals of any currency's own unit."""
    return models.DecimalField(max_digits=20, decimal_places=4, **options)  # type: ignore[arg-type]


class ProductQuerySet(models.QuerySet["Product"]):
    def offered(self) -> "ProductQuerySet":
        """Products that a new line may name."""
        return self.filter(is_active=True)

    def search(self, text: str) -> "ProductQuerySet":
        """Products whose name or SKU holds every word of `text`."""
        words = self.alias(low_name=Lower("name"), low_sku=Lower("sku"))
        for word in text.lower().split():
            words = words.filter(Q(low_name__contains=word) | Q(low_sku__contains=word))
        return words


class Product(models.Model):
    """Something that is sold, with a price for each currency. Used in a quote, it is archived."""

    name = NameField(max_length=200)
    sku = models.CharField("SKU", max_length=60, blank=True, default="")
    description = models.TextField(blank=True, default="")
    unit = models.CharField(max_length=30, default="piece", help_text="piece, hour, user, month")
    tax_rate = percent_field(default=Decimal(0), help_text="Percent")
    is_active = models.BooleanField("offered", default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("sku"), condition=~Q(sku=""), name="product_sku_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(tax_rate__gte=0, tax_rate__lte=100), name="product_tax_is_0_to_100"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductPrice(models.Model):
    """What one unit of a product costs in one currency, without tax."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    amount_minor = price_field(help_text="Minor units of `currency`")

    class Meta:
        ordering = ["currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency"], name="product_has_one_price_a_currency"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gte=0), name="product_price_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.currency}"

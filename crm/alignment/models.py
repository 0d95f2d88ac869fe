"""What each side promised the other, who changed it, and who signed the MQL definition."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.alignment.measures import MARKETING, MEASURES, SALES
from crm.funnel.models import MqlDefinition

RATES = [key for key, measure in MEASURES.items() if not measure.is_count]
"""MQLs are promised in campaigns.Commitment."""


class Promise(models.Model):
    """A rate that one side promised the other for a month or quarter: a commitment.

    value: percent (85.00), or attempts for each lead (3.50)
    """

    measure = models.CharField(max_length=12)
    span = models.CharField(max_length=7)
    starts_on = models.DateField(help_text="First day of the month or quarter")
    value = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        ordering = ["starts_on", "measure"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "span", "starts_on"], name="promise_is_one_for_its_time"
            ),
            models.CheckConstraint(
                condition=Q(measure__in=RATES), name="promise_is_of_a_known_measure"
            ),
            models.CheckConstraint(
                condition=Q(span__in=["month", "quarter"]), name="promise_span_is_known"
            ),
            models.CheckConstraint(
                condition=Q(value__gt=0, value__lte=100), name="promise_is_to_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{MEASURES[self.measure].label}, {self.span} from {self.starts_on}: {self.value}"


class PromiseChange(models.Model):
    """What somebody made of one promise, for ever. before, after: None is none"""

    measure = models.CharField(max_length=12)
    span = models.CharField(max_length=7)
    starts_on = models.DateField()
    before = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    after = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{MEASURES[self.measure].label}: {said(self.before)} → {said(self.after)}"


def said(value: Decimal | None) -> str:
    return "none" if value is None else f"{value.normalize():f}"


class DefinitionSignature(models.Model):
    """One side agrees to one version of the MQL definition. The database refuses to change it."""

    class Side(models.TextChoices):
        MARKETING = MARKETING, "Marketing"
        SALES = SALES, "Sales"

    definition = models.ForeignKey(
        MqlDefinition, on_delete=models.PROTECT, related_name="signatures"
    )
    side = models.CharField(max_length=9, choices=Side.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "side"], name="definition_is_signed_once_by_each_side"
            ),
            models.CheckConstraint(
                condition=Q(side__in=[MARKETING, SALES]), name="signature_side_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.definition_id} signed for {self.side}"

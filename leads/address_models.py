"""A person's email addresses and phone numbers: any number of each, one of them the main one."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now


class EmailAddress(models.Model):
    """One address of a lead, in lower case. `Lead.email` repeats the main one.

    No two leads share an address. Written by leads.addresses alone, together with the lead.
    """

    VALUE = "address"

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="addresses")
    address = models.EmailField()
    is_main = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "email address"
        verbose_name_plural = "email addresses"
        ordering = ["-is_main", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["address"], name="email_address_has_one_lead"),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(is_main=True), name="lead_has_one_main_address"
            ),
            models.CheckConstraint(
                condition=~Q(address="") & Q(address=Lower("address")),
                name="email_address_is_lower_case",
            ),
        ]

    def __str__(self) -> str:
        return self.address


class PhoneNumber(models.Model):
    """One phone number of a lead, as `leads.normalising.phone_number` writes it.

    `Lead.phone` repeats the main one. Several leads may share a number: a switchboard, a home.
    Written by leads.addresses alone, together with the lead.
    """

    VALUE = "number"

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(max_length=40)
    is_main = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-is_main", "pk"]
        indexes = [models.Index(fields=["number"], name="phone_by_number")]
        constraints = [
            models.UniqueConstraint(fields=["lead", "number"], name="phone_once_for_its_lead"),
            models.UniqueConstraint(
                fields=["lead"], condition=Q(is_main=True), name="lead_has_one_main_phone"
            ),
            models.CheckConstraint(condition=~Q(number=""), name="phone_is_not_blank"),
        ]

    def __str__(self) -> str:
        return self.number

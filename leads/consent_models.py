"""What a lead was asked to agree to: in which words, where, and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from crm.users.models import User
    from leads.models import Lead

LONGEST_SOURCE = 200


class ConsentQuerySet(models.QuerySet["Consent"]):
    def standing(self) -> "ConsentQuerySet":
        """Given and not withdrawn."""
        return self.filter(confirmed_at__isnull=False, withdrawn_at=None)

    def pending(self) -> "ConsentQuerySet":
        """Asked for, neither confirmed nor withdrawn."""
        return self.filter(confirmed_at=None, withdrawn_at=None)

    def open(self) -> "ConsentQuerySet":
        """Standing or pending."""
        return self.filter(withdrawn_at=None)


class Consent(models.Model):
    """One record of consent: asked, then confirmed or never, perhaps withdrawn.

    Pending counts as no. `Lead.consent`, `consent_at`, `consent_source` and `consent_asked_at` are
    derived from these records by `leads.consents`, which alone writes both.

    wording, wording_version: the words beside the box that was ticked, and which version of that
        form's wording they are; blank where our own people wrote down what they were told
    source: where it was asked: “Form Webinar”, “at the fair”, “Import of list.csv”
    address: the one that was asked, which alone can confirm by its mailed link
    proof: by what it counts as confirmed
    mailed_at: when the mail that asks for confirmation was queued
    """

    class Purpose(models.TextChoices):
        MARKETING = "marketing", "Marketing email"

    class Proof(models.TextChoices):
        NONE = "", "Not confirmed"
        LINK = "link", "By the emailed link"
        STAFF = "staff", "Recorded by a user"
        IMPORT = "import", "Imported"
        BEFORE = "before", "Recorded before consent was kept as records"

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.MARKETING)
    wording = models.TextField(blank=True, default="")
    wording_version = models.PositiveIntegerField(null=True, blank=True)
    source = models.CharField(max_length=LONGEST_SOURCE, blank=True, default="")
    address = models.EmailField(blank=True, default="")
    asked_at = models.DateTimeField(db_default=Now())
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    mailed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=8, choices=Proof.choices, blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_source = models.CharField(max_length=LONGEST_SOURCE, blank=True, default="")
    import_id = models.BigIntegerField(null=True, help_text="The import that wrote this row.")
    withdrawn_import_id = models.BigIntegerField(null=True, help_text="The import that took it.")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None, proof="")
                | (Q(confirmed_at__isnull=False) & ~Q(proof="")),
                name="consent_is_confirmed_by_something",
            ),
            models.CheckConstraint(
                condition=Q(purpose="marketing"), name="consent_purpose_is_known"
            ),
        ]
        indexes = [models.Index(fields=["lead", "-asked_at"], name="consent_of_lead")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.state}"

    @property
    def state(self) -> str:
        """What it is worth now, in a word."""
        if self.withdrawn_at:
            return "withdrawn"
        return "confirmed" if self.confirmed_at else "pending"

    @classmethod
    def given(
        cls,
        lead: "Lead",
        *,
        source: str,
        at: datetime,
        proof: str,
        by: "User | int | None" = None,
    ) -> "Consent":
        """Return the record, not saved, of a consent that we were told of elsewhere.

        by: who wrote it down, or the key of that user
        """
        key = by if isinstance(by, int) or by is None else by.pk
        return cls(
            lead=lead, source=source, address=lead.email, asked_at=at, confirmed_at=at,
            proof=proof, recorded_by_id=key,
        )  # fmt: skip

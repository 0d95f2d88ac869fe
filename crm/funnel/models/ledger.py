"""What makes a lead marketing-qualified, and the append-only record of every move."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.funnel.causes import Code
from crm.stages import Stage
from leads.models import Lead


class Offering(models.TextChoices):
    """What happens to leads that become ready for sales because a rule or the definition changed.

    A lead that is held back is offered as soon as it responds again.
    """

    ALL = "all", "Offer all of them now"
    DAILY = "daily", "Offer some each working day, the highest scores first"
    NONE = "none", "Offer none of them: only change scores"


class MqlDefinition(models.Model):
    """What makes a lead marketing-qualified. Each change is a new version; one is in force.

    consent: what it asks of the lead's consent to marketing email. Pending is not confirmed.
    """

    class Consent(models.TextChoices):
        NONE = "none", "Not required"
        ASKED = "asked", "Asked for, confirmed or not"
        CONFIRMED = "confirmed", "Confirmed"

    REQUIRABLE = {
        "name": "Name",
        "email": "E-mail",
        "phone": "Phone",
        "company": "Company",
        "country": "Country",
        "job_title": "Job title",
    }

    version = models.PositiveIntegerField(unique=True)
    threshold = models.PositiveSmallIntegerField(help_text="Score from which a lead is offered.")
    required_fields = models.JSONField(default=list, help_text="Names of lead fields to be filled.")
    consent = models.CharField(
        max_length=9, choices=Consent.choices, default=Consent.NONE,
        help_text="Consent to marketing email. A request, such as a demo, needs none.",
    )  # fmt: skip
    note = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                condition=Q(threshold__gte=1, threshold__lte=100),
                name="mql_threshold_is_1_to_100",
            ),
            models.CheckConstraint(
                condition=Q(consent__in=["none", "asked", "confirmed"]),
                name="mql_definition_asks_for_a_known_consent",
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.version}: score {self.threshold} or more"

    @classmethod
    def current(cls) -> "MqlDefinition":
        """Return the definition in force. There is always one: the first comes with Tandem."""
        return cls.objects.order_by("-version")[0]

    @property
    def required_labels(self) -> str:
        """The fields that must be filled, in words."""
        return ", ".join(
            label for field, label in self.REQUIRABLE.items() if field in self.required_fields
        )

    def missing(self, lead: Lead) -> list[str]:
        """Return why `lead` does not meet this definition, in words; empty when it does."""
        gaps = []
        if lead.score < self.threshold:
            gaps.append(f"score {lead.score} of {self.threshold}")
        gaps += [
            f"no {label.lower()}"
            for field, label in self.REQUIRABLE.items()
            if field in self.required_fields and not getattr(lead, field)
        ]
        return gaps + self.missing_consent(lead)

    def missing_consent(self, lead: Lead) -> list[str]:
        if self.consent == self.Consent.NONE or lead.consent:
            return []
        if lead.consent_asked_at is None:
            return ["no consent"]
        return [] if self.consent == self.Consent.ASKED else ["consent not confirmed"]


class StageTransition(models.Model):
    """One move of one lead, for ever. The database refuses to update or delete it.

    The one door is undoing an import (see LedgerDoor). A move is taken back by a second move that
    names it in `reverts`; reports count neither. Why it was made is a code with the id of what it
    is about, worded when shown (crm.funnel.wording): no name stays in what nobody can erase.
    """

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="transitions")
    old_stage = models.CharField(max_length=12, choices=Stage.choices, blank=True, default="")
    new_stage = models.CharField(max_length=12, choices=Stage.choices)
    at = models.DateTimeField(help_text="When it happened; an import may date it in the past.")
    recorded_at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(
        max_length=20, choices=Code.choices, blank=True, default="", db_default="",
        help_text="Why it was made.",
    )  # fmt: skip
    about_id = models.BigIntegerField(null=True, help_text="Of what the code is about, if anything")
    day = models.DateField(null=True, help_text="From when a lost lead may be offered again")
    reason = models.TextField(
        blank=True, default="", db_default="",
        help_text="The text of rows from before there were codes. No new row has one.",
    )  # fmt: skip
    definition = models.ForeignKey(
        MqlDefinition, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reverts = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reverted_by"
    )
    import_id = models.BigIntegerField(null=True, help_text="The import that wrote this row.")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__in=["", *Code.values]), name="transition_has_a_known_code"
            )
        ]
        indexes = [
            models.Index(fields=["lead", "at"], name="transition_of_lead"),
            models.Index(
                fields=["import_id"],
                condition=Q(import_id__isnull=False),
                name="transition_of_import",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_stage or 'new'} → {self.new_stage}"


class StageEntry(models.Model):
    """When a lead first reached a stage: what reports count. Derived from the ledger.

    A leap (an imported deal makes an MQL a customer) reaches every stage in between at the same
    time; those entries are `implied`, count as reached, and have no duration.
    """

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="entries")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    at = models.DateTimeField()
    implied = models.BooleanField(default=False)
    transition = models.ForeignKey(StageTransition, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "stage"], name="entry_first_of_lead_and_stage")
        ]
        indexes = [models.Index(fields=["stage", "at", "lead"], name="entry_by_stage_and_time")]

    def __str__(self) -> str:
        return f"{self.stage} at {self.at}"


class LedgerDoor(models.Model):
    """A time when the ledger allowed deletion: one import undone, slice after slice.

    The trigger lets rows of `import_id` go while the door is open. It is open within a transaction
    only, and for each slice of one undo anew; the row stays as the record.
    """

    import_id = models.BigIntegerField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Import {self.import_id} undone at {self.opened_at}"

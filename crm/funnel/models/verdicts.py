"""What sales says of a handed lead, and the reasons it may give."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from crm.common.names import NameField
from crm.funnel.models.handoffs import Handoff
from crm.users.models import Scope, User
from leads.models import Lead


class Reason(models.Model):
    """Why sales gives a lead back: where the lead goes next, and who must mend the cause.

    A lead that is recycled goes back to nurture; one that is rejected never does. No two reasons in
    use have one name, so that no report reads as if two were the same.
    """

    class ReturnPath(models.TextChoices):
        NURTURE = "nurture", "Back to nurture"
        ENRICH = "enrich", "Complete the data"
        REROUTE = "reroute", "Offer to another rep"
        CLOSE = "close", "Disqualify"

    class Side(models.TextChoices):
        TARGETING = "targeting", "Targeting"
        SCORING = "scoring", "Scoring"
        DATA = "data", "Data"
        ROUTING = "routing", "Routing"
        SALES = "sales", "Sales"

    class Use(models.TextChoices):
        REJECT = "reject", "Reject"
        RECYCLE = "recycle", "Recycle"

    name = NameField(max_length=80)
    use = models.CharField(max_length=8, choices=Use.choices, default=Use.REJECT)
    return_path = models.CharField(
        max_length=8, choices=ReturnPath.choices, default=ReturnPath.CLOSE
    )
    cool_down_days = models.PositiveIntegerField(
        default=30, help_text="Days before the lead may be offered again."
    )
    side = models.CharField("to be mended by", max_length=10, choices=Side.choices)
    note_required = models.BooleanField(default=False)
    no_consent = models.BooleanField(
        "the person did not agree to be contacted",
        default=False,
        help_text="Such a lead is never sent back to nurture.",
    )
    asks_whom = models.BooleanField(
        "asks of whom the lead is a duplicate",
        default=False,
        help_text="The lead that stays is named with the answer.",
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["use", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(is_active=True),
                name="reason_in_use_has_a_name_of_its_own",
                violation_error_message="Another reason in use has this name.",
            ),
            models.CheckConstraint(
                condition=Q(use="recycle", return_path="nurture")
                | (Q(use="reject") & ~Q(return_path="nurture")),
                name="reason_to_recycle_and_no_other_leads_to_nurture",
                violation_error_message="Recycled leads go back to nurture, rejected ones never.",
            ),
            models.CheckConstraint(
                condition=Q(no_consent=False) | ~Q(return_path="nurture"),
                name="reason_without_consent_never_leads_to_nurture",
                violation_error_message="Who did not agree to be contacted is not sent back to "
                "nurture. Choose another return path.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def visible_to(self, user: User) -> "VerdictQuerySet":
        """Verdicts on handoffs in the user's row scope; without a handoff, on leads in it."""
        if user.scope == Scope.ALL:
            return self
        handed = Q(handoff__in=Handoff.objects.visible_to(user))
        return self.filter(handed | Q(handoff=None, lead__in=Lead.objects.visible_to(user)))

    def standing(self) -> "VerdictQuerySet":
        """Verdicts that were not taken back."""
        return self.filter(withdrawn_at=None)

    def disputed(self) -> "VerdictQuerySet":
        """Disputes that no manager has ruled on."""
        return self.standing().filter(disputed_at__isnull=False, ruling="")


class Verdict(models.Model):
    """What sales says of a handed lead: the answer to the handoff, and every later outcome."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        RECYCLED = "recycled", "Recycled"
        DISQUALIFIED = "disqualified", "Disqualified"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    class Ruling(models.TextChoices):
        UPHELD = "upheld", "Sales was right"
        OVERTURNED = "overturned", "Marketing was right"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, related_name="verdicts")
    handoff = models.ForeignKey(
        Handoff, null=True, blank=True, on_delete=models.PROTECT, related_name="verdicts"
    )
    key = models.CharField(max_length=120, unique=True, help_text="What it is the answer to")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.ForeignKey(
        Reason, null=True, blank=True, on_delete=models.PROTECT, related_name="verdicts"
    )
    reason_text = models.CharField(
        max_length=120, blank=True, default="", help_text="Of a lost deal: the deal's reason"
    )
    duplicate_of = models.ForeignKey(
        Lead,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Of a duplicate: the lead that stays",
    )
    good_lead = models.BooleanField(null=True, blank=True, help_text="Asked when a deal closes")
    note = models.TextField(blank=True, default="")
    amount_minor = models.BigIntegerField(null=True, blank=True, help_text="Won: minor units")
    currency = models.CharField(max_length=3, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    disputed_at = models.DateTimeField(null=True, blank=True)
    disputed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    dispute_note = models.TextField(blank=True, default="")
    ruling = models.CharField(max_length=10, choices=Ruling.choices, blank=True, default="")
    ruled_at = models.DateTimeField(null=True, blank=True)
    ruled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ruling_note = models.TextField(blank=True, default="")

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["rejected", "recycled"]) | Q(reason__isnull=False),
                name="verdict_that_returns_a_lead_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(ruling="") | Q(disputed_at__isnull=False),
                name="verdict_ruling_answers_a_dispute",
            ),
        ]
        indexes = [models.Index(fields=["lead", "at"], name="verdict_of_lead")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.lead}"

    @property
    def is_disputable(self) -> bool:
        """True for a verdict against the lead that stands and was not disputed before."""
        against = self.kind in AGAINST or (self.kind == self.Kind.LOST and self.good_lead is False)
        return against and self.withdrawn_at is None and self.disputed_at is None

    @property
    def is_disputed(self) -> bool:
        return self.disputed_at is not None and not self.ruling


AGAINST = {Verdict.Kind.REJECTED, Verdict.Kind.RECYCLED, Verdict.Kind.DISQUALIFIED}
"""Verdicts by which sales gives a lead back."""

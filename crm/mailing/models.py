"""Outgoing mail: a row for each message, with the state of its sending."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.common.names import NameField
from crm.users.models import Role, User


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self) -> "MailQuerySet":
        """Queued mail whose time has come, and mail whose sender died holding the lease."""
        waiting = Q(state=Mail.State.QUEUED, due_at__lte=Now())
        dropped = Q(state=Mail.State.SENDING, lease_until__lt=Now())
        return self.filter(waiting | dropped)

    def waiting(self) -> "MailQuerySet":
        return self.filter(state__in=[Mail.State.QUEUED, Mail.State.SENDING])

    def readable_by(self, user: User) -> "MailQuerySet":
        """All mail for administrators; for others the tests that they have sent themselves."""
        return self if user.role == Role.ADMIN else self.filter(asked_by=user)

    def failed(self) -> "MailQuerySet":
        """Mail that was given up after its last attempt."""
        return self.filter(state=Mail.State.FAILED)


class Mail(models.Model):
    """One message to one person. `key` makes it unique: asking twice sends it once."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = NameField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    headers = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    link_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its secret link is void. Empty: it has none, or none any more",
    )
    asked_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Who sent this test, and may read it",
    )

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["queued", "sending"]),
                name="mail_open_by_due",
            ),
            models.Index(fields=["to", "-id"], name="mail_by_recipient"),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="mail_failed"),
            models.Index(
                fields=["link_until"],
                condition=Q(link_until__isnull=False),
                name="mail_with_secret_link",
            ),
            models.Index(
                fields=["asked_by", "-id"],
                condition=Q(asked_by__isnull=False),
                name="mail_by_who_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"


class Attachment(models.Model):
    """A file that goes with a mail. Kept beside it, so that what is queued can always leave."""

    mail = models.ForeignKey(Mail, on_delete=models.CASCADE, related_name="attachments")
    name = NameField(max_length=120)
    content_type = models.CharField(max_length=80)
    content = models.BinaryField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["mail", "name"], name="mail_attachment_name_is_unique_in_a_mail"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Suppression(models.Model):
    """An address that gets no marketing mail any more, whoever asks.

    `digest` finds it, so that it is still found when `address` was blanked because its person was
    erased.
    """

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        HARD_BOUNCE = "hard_bounce", "Address does not exist"
        SOFT_BOUNCES = "soft_bounces", "Three soft bounces in 30 days"
        COMPLAINT = "complaint", "Marked as spam"
        BY_HAND = "by_hand", "By hand"

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the address")
    address = models.EmailField(blank=True, default="", help_text="In lower case")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    source = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "unsubscribed",
                        "hard_bounce",
                        "soft_bounces",
                        "complaint",
                        "by_hand",
                    ]
                ),
                name="suppression_reason_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address or 'an erased address'}: {self.get_reason_display()}"

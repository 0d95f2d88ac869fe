"""Marketing mail: what it says, to whom it goes, what came of it; newsletters, which make it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from campaigns.models import Campaign
from campaigns.newsletters.querysets import MarketingMailQuerySet, NewsletterQuerySet
from campaigns.segments.models import Segment
from crm.common.names import NameField
from crm.mailing import merging
from leads.models import Lead


class Kind(models.TextChoices):
    """What sort of marketing mail it is: a reader may want one and not the other."""

    NEWSLETTER = "newsletter", "Newsletter"
    SEQUENCE = "sequence", "Sequence"


LEFT_OUT = {
    "disqualified": "Disqualified",
    "no_address": "No e-mail address",
    "no_consent": "No consent",
    "suppressed": "Suppressed",
    "preference": "Wants other mail, or a pause",
    "mailed_today": "Got a marketing mail that day",
    "erased": "Erased",
}
"""Why a mail was left out, by `MarketingMail.reason`."""


class Content(models.Model):
    """What a marketing mail says, and in whose name. Never changed: another text is another row."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of all the rest")
    subject = NameField(max_length=200)
    preheader = NameField(max_length=200, blank=True, default="")
    sender_name = NameField(max_length=80, blank=True, default="")
    reply_to = models.EmailField(blank=True, default="")
    blocks = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.subject


class Link(models.Model):
    """One address that a content points to, by the number that its places have."""

    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="links")
    number = models.PositiveSmallIntegerField()
    url = models.CharField(max_length=2000)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["content", "number"], name="link_number_is_unique")
        ]

    def __str__(self) -> str:
        return self.url


class Newsletter(models.Model):
    """One mail to many: a segment, or all who agreed to get mail.

    Changed only while it is a draft. When it begins, its text is frozen as `content` (and
    `content_b`, where a second subject is tried), its audience as MarketingMail rows.

    test_share: percent of the audience that tries the subjects, half of it each
    test_hours: hours after the beginning when the better subject goes to the rest
    winner: "" after `winner_at` is no difference; winner_sure: 0 to 1, None where too few tried
    tested_version: the `version` of which a test was last sent
    paid_until: up to when the rate allows what was taken (campaigns.newsletters.pacing)
    version: counts the saves; a form of an older one does not overwrite
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SCHEDULED = "scheduled", "Scheduled"
        SENDING = "sending", "Sending"
        PAUSED = "paused", "Paused"
        SENT = "sent", "Sent"
        CANCELLED = "cancelled", "Cancelled"

    name = NameField(max_length=120)
    subject = NameField(max_length=200, blank=True, default="")
    preheader = NameField(max_length=200, blank=True, default="")
    sender_name = NameField(max_length=80, blank=True, default="")
    reply_to = models.EmailField(blank=True, default="")
    blocks = models.JSONField(default=list, blank=True)
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="newsletters"
    )
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="newsletters"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="newsletters",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rate_per_minute = models.PositiveIntegerField(
        default=1200, validators=[MinValueValidator(1), MaxValueValidator(60_000)]
    )
    paid_until = models.DateTimeField(null=True, blank=True)
    also_mailed_today = models.BooleanField(
        "also who got a marketing mail that day already", default=False
    )
    subject_b = NameField(max_length=200, blank=True, default="")
    test_share = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    test_hours = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(72)]
    )
    winner = models.CharField(max_length=1, blank=True, default="")
    winner_at = models.DateTimeField(null=True, blank=True)
    winner_sure = models.FloatField(null=True, blank=True)
    content = models.ForeignKey(
        Content, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    content_b = models.ForeignKey(
        Content, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    left_out = models.JSONField(
        default=dict, blank=True, help_text="Leads not mailed when it began, by reason"
    )
    tested_version = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = NewsletterQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["draft", "scheduled", "sending", "paused", "sent", "cancelled"]
                ),
                name="newsletter_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(scheduled_at__isnull=False),
                name="newsletter_scheduled_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["sending", "paused", "sent"]) | Q(content__isnull=False),
                name="newsletter_under_way_has_its_content",
            ),
            models.CheckConstraint(
                condition=Q(rate_per_minute__gte=1), name="newsletter_rate_is_one_or_more"
            ),
            models.CheckConstraint(
                condition=Q(winner__in=["", "a", "b"]), name="newsletter_winner_is_a_or_b"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("newsletters:detail", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def tries_subjects(self) -> bool:
        return bool(self.subject_b)

    @property
    def subject_read(self) -> str:
        """The subject as a reader of whom nothing is known would see it."""
        return merging.fill(self.subject, {})

    @property
    def key(self) -> str:
        """What its mail is known by, together with the lead."""
        return f"newsletter:{self.pk}"


class MarketingMail(models.Model):
    """One marketing mail to one lead: of a newsletter or of a sequence.

    `key` names what it is of, unique for its lead: asking twice sends it once. `day` is the day in
    the organisation's zone on which it left; a lead has one such mail a day, unless `also_today`.
    `due_at` None: held back until the better subject is known. `lease_until`: until when a sender
    holds it. One found `sending` after its lease has become `unknown`, and is never sent again
    unless a person says so.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        BOUNCED = "bounced", "Bounced"
        UNKNOWN = "unknown", "Unknown"
        FAILED = "failed", "Failed"
        SUPPRESSED = "suppressed", "Suppressed"
        SKIPPED = "skipped", "Left out"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (State.QUEUED, State.SENDING)
    """Not yet decided."""

    lead = models.ForeignKey(
        Lead, null=True, on_delete=models.SET_NULL, related_name="marketing_mails"
    )
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NEWSLETTER)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="mails")
    newsletter = models.ForeignKey(
        Newsletter, null=True, blank=True, on_delete=models.PROTECT, related_name="mails"
    )
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="marketing_mails"
    )
    variant = models.CharField(max_length=1, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(
        max_length=20, blank=True, default="", help_text="Why it was left out"
    )
    address = models.EmailField(blank=True, default="", help_text="Where it went")
    day = models.DateField(null=True, blank=True)
    also_today = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True, default="")
    provider_id = models.CharField(max_length=200, blank=True, default="")
    queued_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    clicked_at = models.DateTimeField(null=True, blank=True, help_text="First click by a person")
    machine_clicked_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)

    objects = MarketingMailQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "key"], name="marketing_mail_once_per_lead"),
            models.UniqueConstraint(
                fields=["lead", "day"],
                condition=Q(also_today=False, day__isnull=False),
                name="marketing_mail_one_a_day_per_lead",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "queued", "sending", "sent", "bounced", "unknown", "failed", "suppressed",
                        "skipped", "cancelled",
                    ]
                ),
                name="marketing_mail_state_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(lease_until__isnull=False),
                name="marketing_mail_being_sent_has_a_lease",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["newsletter", "due_at", "id"],
                condition=Q(state="queued"),
                name="marketing_mail_due",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="sending"), name="marketing_mail_held"
            ),
            models.Index(fields=["newsletter", "state"], name="marketing_mail_results"),
            models.Index(fields=["newsletter", "-id"], name="marketing_mail_of_newsletter"),
            models.Index(fields=["key", "state"], name="marketing_mail_by_key"),
            models.Index(fields=["lead", "-id"], name="marketing_mail_of_lead"),
            models.Index(
                fields=["provider_id"],
                condition=~Q(provider_id=""),
                name="marketing_mail_at_provider",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.content} to {self.lead or 'an erased lead'}"

    @property
    def why(self) -> str:
        """Why it was left out, in words."""
        return LEFT_OUT.get(self.reason, "")

    @property
    def source(self) -> str:
        """What the mail is of, as people say it."""
        return f"newsletter “{self.newsletter}”" if self.newsletter else f"“{self.content}”"


class Click(models.Model):
    """One call of a link in a mail. `machine` is None until it was judged (judging.py)."""

    mail = models.ForeignKey(MarketingMail, on_delete=models.CASCADE, related_name="clicks")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="clicks")
    at = models.DateTimeField()
    machine = models.BooleanField(null=True)
    why = models.CharField(max_length=20, blank=True, default="", help_text="Why it is a machine's")
    agent = models.CharField(max_length=250, blank=True, default="")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["mail", "at"], name="click_of_mail")]

    def __str__(self) -> str:
        return f"{self.link} at {self.at}"


class DeliveryEvent(models.Model):
    """What was reported of a mail after it left; appended. `key` makes a report count once."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", "Delivered"
        DEFERRED = "deferred", "Put off"
        HARD_BOUNCE = "hard_bounce", "Bounced: no such address"
        SOFT_BOUNCE = "soft_bounce", "Bounced for now"
        BLOCKED = "blocked", "Refused by policy"
        COMPLAINT = "complaint", "Marked as spam"
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"

    mail = models.ForeignKey(MarketingMail, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    address = models.EmailField(blank=True, default="")
    detail = models.CharField(max_length=500, blank=True, default="")
    key = models.CharField(max_length=250, unique=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(
                fields=["address", "-at"],
                condition=Q(kind="soft_bounce"),
                name="soft_bounce_of_address",
            ),
            models.Index(fields=["mail", "-at"], name="delivery_event_of_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.address}"


class MailPreference(models.Model):
    """What a lead wants to get of what it agreed to. No row: everything."""

    lead = models.OneToOneField(Lead, on_delete=models.CASCADE, related_name="mail_preference")
    newsletters = models.BooleanField(default=True)
    sequences = models.BooleanField(default=True)
    paused_until = models.DateField(null=True, blank=True, help_text="No mail before this day")
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Wishes of {self.lead}"

"""Capture forms, what was sent through them, and the UTM links that lead people to us."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.html import escape

from campaigns.capture import utm
from campaigns.models import Campaign, Touch
from crm.common.names import NameField
from crm.users.models import User
from leads.models import Lead

WAITING = (
    Q(submissions__lead=None, submissions__discarded_at=None, submissions__spam="")
    & ~Q(submissions__problem="")
)  # fmt: skip
"""Selects forms' submissions that wait for review."""


class CaptureFormQuerySet(models.QuerySet["CaptureForm"]):
    def for_list(self) -> "CaptureFormQuerySet":
        """With `sent`, `spam`, `review` (how often), `last_at` (a person's last), the campaign."""
        return self.select_related("campaign").annotate(
            sent=Count("submissions", filter=Q(submissions__spam="", submissions__problem="")),
            spam=Count("submissions", filter=~Q(submissions__spam="")),
            review=Count("submissions", filter=WAITING),
            last_at=Max("submissions__at", filter=Q(submissions__spam="")),
        )


class CaptureForm(models.Model):
    """A form that anybody may fill in, hosted at /f/<uuid>/ or embedded in other pages.

    fields: in their order, each {"name", "label", "required"}; names are those of
        campaigns.capture.fields.FIELDS, each at most once, and e-mail is always among them
    touch_kind: what a sent form counts as for the score
    consent_version: counts up whenever the words of consent are changed
    """

    class Kind(models.TextChoices):
        FORM = Touch.Kind.FORM.value, "Form sent"
        DOWNLOAD = Touch.Kind.DOWNLOAD.value, "Download"
        DEMO = Touch.Kind.DEMO_REQUEST.value, "Demo requested"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = NameField(max_length=120)
    intro = models.CharField(max_length=300, blank=True, default="")
    fields = models.JSONField(default=list)
    button = models.CharField(max_length=40, default="Send")
    consent_text = models.CharField(max_length=500, blank=True, default="")
    consent_version = models.PositiveIntegerField(default=1, editable=False)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="capture_forms"
    )
    touch_kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.FORM)
    thank_you = models.TextField(default="Thank you. We will be in touch.")
    thank_you_url = models.URLField(max_length=500, blank=True, default="")
    is_active = models.BooleanField(default=True)
    shared_device = models.BooleanField(
        default=False, help_text="Many people fill it in on one device, such as a tablet at a fair."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_column="created_by_id",
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = CaptureFormQuerySet.as_manager()

    class Meta:
        ordering = ["-is_active", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(touch_kind__in=["form", "download", "demo_request"]),
                name="capture_form_counts_as_a_known_touch",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("capture:detail", args=[self.pk])

    @property
    def public_path(self) -> str:
        return reverse("capture:public", args=[self.uuid])

    @property
    def public_url(self) -> str:
        return f"{settings.SITE_URL}{self.public_path}"

    @property
    def frame_height(self) -> int:
        """Pixels that the embedded form needs at most on a phone, where no script says it."""
        fields = sum(180 if field["name"] == "message" else 92 for field in self.fields)
        words = len(self.intro) + len(self.consent_text)
        return 200 + fields + 24 * (words // 30 + 1)

    @property
    def snippet(self) -> str:
        """What embeds the form in a page of another site.

        The referrer policy lets the form read the UTM values in that page's address.
        """
        name = escape(self.name)
        return (
            f'<iframe src="{self.public_url}?embed=1" title="{name}" width="100%" '
            f'height="{self.frame_height}"\n  referrerpolicy="no-referrer-when-downgrade" '
            f'style="border:0" loading="lazy"></iframe>\n'
            f'<script async src="{settings.SITE_URL}{reverse("capture:script")}"></script>'
        )


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> "SubmissionQuerySet":
        """What was sent by leads that `user` sees, and what is nobody's."""
        seen = Lead.objects.visible_to(user).filter(pk=OuterRef("lead"))
        return self.filter(Q(lead=None) | Exists(seen))

    def people(self) -> "SubmissionQuerySet":
        return self.filter(spam="", problem="")

    def spam(self) -> "SubmissionQuerySet":
        return self.exclude(spam="")

    def for_review(self) -> "SubmissionQuerySet":
        """A person's, which could not become a lead, and nobody has decided on."""
        return self.filter(lead=None, discarded_at=None).exclude(problem="")

    def too_many(self) -> "SubmissionQuerySet":
        """Set aside because many came from one place at one time."""
        return self.filter(spam=Submission.Spam.RATE)

    def by_reason(self) -> Any:
        """Rows {"spam", "count"}, the most usual reason first."""
        counted = self.order_by().values("spam").annotate(count=Count("pk"))
        return counted.order_by("-count", "spam")


class Submission(models.Model):
    """One form as it was sent: by a person, who became a lead, or by a machine (`spam`).

    token: of the rendered form; the same one sent twice is one submission
    values: as typed, field name to text
    utm_first, utm_last: what led here the first time and this time: source, medium, campaign, …
    visitor: the tracker's id in that browser, None where tracking is off or refused
    sender: keyed hash of the address it came from, blank after 30 days
    consent_text: the very words beside the ticked box; blank if it was not ticked
    problem: why it could not become a lead, until a marketer releases or discards it
    """

    class Spam(models.TextChoices):
        NONE = "", "From a person"
        HONEYPOT = "honeypot", "Filled in the hidden field"
        TOO_FAST = "too_fast", "Sent faster than anybody types"
        FORGED = "forged", "Not from a form that we showed"
        RATE = "rate", "Too many from one place"

    form = models.ForeignKey(CaptureForm, on_delete=models.PROTECT, related_name="submissions")
    token = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(db_default=Now())
    values = models.JSONField(default=dict)
    utm_first = models.JSONField(default=dict, blank=True)
    utm_last = models.JSONField(default=dict, blank=True)
    visitor = models.UUIDField(null=True, blank=True)
    sender = models.CharField(max_length=64, blank=True, default="")
    consent_text = models.CharField(max_length=500, blank=True, default="")
    consent_version = models.PositiveIntegerField(null=True, blank=True)
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.SET_NULL, related_name="submissions"
    )
    spam = models.CharField(max_length=10, choices=Spam.choices, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(spam="") | Q(lead=None), name="submission_spam_makes_no_lead"
            )
        ]
        indexes = [
            models.Index(fields=["form", "-id"], name="submission_of_form"),
            models.Index(fields=["lead", "-at"], name="submission_of_lead"),
            models.Index(fields=["sender", "-at"], name="submission_of_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.form}, {self.values.get('email', '')}"

    @property
    def why(self) -> str:
        """Why it made no lead, in words."""
        return self.problem or self.get_spam_display()

    @property
    def came_from(self) -> str:
        """What brought its sender, the first time and this time where they differ."""
        first, last = utm.words(self.utm_first), utm.words(self.utm_last)
        return f"{first}, then {last}" if first and last and first != last else last or first


class OfferedFact(models.Model):
    """What a known lead wrote into a form that differs from what we know: accepted or dismissed.

    A stranger may type any address, so nothing that is known is overwritten by a form.
    """

    FIELDS = {"name": "Name", "job_title": "Job title", "phone": "Phone", "country": "Country",
              "company": "Company"}  # fmt: skip

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="offered_facts")
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="offered_facts", db_index=False
    )
    field = models.CharField(max_length=20)
    value = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())
    accepted = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "field", "value"], name="fact_is_offered_once_for_a_lead"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"

    @property
    def label(self) -> str:
        return self.FIELDS[self.field]


class UtmLink(models.Model):
    """A link with UTM values that brings people to a page of ours for one campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="utm_links")
    base_url = models.URLField("Page", max_length=500)
    source = models.CharField(max_length=utm.LONGEST)
    medium = models.CharField(max_length=utm.LONGEST)
    name = NameField("Campaign name", max_length=utm.LONGEST)
    term = models.CharField(max_length=utm.LONGEST, blank=True, default="")
    content = models.CharField(max_length=utm.LONGEST, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "base_url", "source", "medium", "name", "term", "content"],
                name="utm_link_is_saved_once",
            )
        ]
        indexes = [models.Index(fields=["name", "source", "medium"], name="utm_link_by_name")]

    def __str__(self) -> str:
        return utm.words(self.values)

    @property
    def values(self) -> dict[str, Any]:
        """The UTM values, by the names of campaigns.capture.utm.PARTS."""
        parts = {"campaign": self.name}
        return {part: parts.get(part) or getattr(self, part) for part in utm.PARTS}

    @property
    def url(self) -> str:
        return utm.link(self.base_url, self.values)

    @property
    def page_words(self) -> str:
        """The page's path, or the site if it is the first page."""
        parts = urlsplit(self.base_url)
        return parts.path.rstrip("/") or parts.netloc

"""Personal e-mail: messages of both directions, templates, and how each user sends."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower, Now

from crm.activities.models import Activity
from crm.common.keys import SearchKey
from crm.common.links import link
from crm.common.names import NameField
from crm.correspondence.received_models import Participant, ReceivedFile, ReceivedMail
from leads.models import Lead

if TYPE_CHECKING:
    from crm.users.models import User

__all__ = [
    "EmailTemplate", "FetchedFolder", "Message", "Participant", "ReceivedFile", "ReceivedMail",
    "UserMailbox",
]  # fmt: skip


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: "User") -> "MessageQuerySet":
        """Messages with leads that `user` sees; of those without a lead, `unmatched_of` theirs."""
        seen = Lead.objects.visible_to(user)
        takes_part = Exists(Participant.objects.filter(message=OuterRef("pk"), lead__in=seen))
        return self.filter(Q(lead__in=seen) | takes_part | self.nobodys(user))

    def unmatched_of(self, user: "User") -> "MessageQuerySet":
        """Messages that no lead was found for: his own, and for a manager those of nobody."""
        return self.filter(self.nobodys(user))

    @staticmethod
    def nobodys(user: "User") -> Q:
        mine = Q(by=user)
        return Q(lead=None) & (mine | Q(by=None) if user.is_manager else mine)

    def due(self) -> "MessageQuerySet":
        """Messages to be sent whose time has come."""
        return self.filter(state=Message.State.QUEUED, due_at__lte=Now())

    def half_sent(self) -> "MessageQuerySet":
        """Messages whose sender ended in the middle."""
        return self.filter(state=Message.State.SENDING, lease_until__lt=Now())

    def troubled(self) -> "MessageQuerySet":
        """Messages that somebody has to decide about: failed, or nobody knows whether they came."""
        return self.filter(state__in=[Message.State.FAILED, Message.State.UNKNOWN])


class Message(models.Model):
    """One personal e-mail between us and a lead, out or in.

    Without a lead it is unmatched: nobody we know wrote or got it. `by` is our side of it, as far
    as it is known. One that says it was made by a machine is `automatic`, and no contact.
    """

    class Direction(models.TextChoices):
        OUT = "out", "Sent"
        IN = "in", "Received"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "May have arrived"
        FAILED = "failed", "Not sent"
        TAKEN_BACK = "taken_back", "Taken back"
        LOGGED = "logged", "Logged"
        SET_ASIDE = "set_aside", "Set aside"

    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    deal = models.ForeignKey(
        "deals.Deal", null=True, blank=True, on_delete=models.SET_NULL, related_name="messages"
    )
    activity = models.OneToOneField(
        Activity, null=True, blank=True, on_delete=models.SET_NULL, related_name="message"
    )
    direction = models.CharField(max_length=3, choices=Direction.choices)
    sender = models.EmailField(blank=True, default="", help_text="In lower case")
    sender_name = NameField(max_length=200, blank=True, default="")
    to = models.JSONField(default=list, help_text="Addresses in lower case")
    cc = models.JSONField(default=list, blank=True)
    subject = NameField(max_length=250, blank=True, default="")
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="", help_text="Sanitised when it came")
    attachments = models.JSONField(
        default=list, blank=True, help_text="Names and sizes of files that were not kept"
    )
    notes = models.JSONField(
        default=list, blank=True, help_text="What of it is beyond a limit, in words"
    )
    message_id = models.CharField(max_length=250, unique=True)
    in_reply_to = models.CharField(max_length=250, blank=True, default="")
    references = models.JSONField(default=list, blank=True, help_text="The thread, oldest first")
    thread = models.CharField(max_length=250, help_text="Message-ID that the thread began with")
    automatic = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    state = models.CharField(max_length=10, choices=State.choices)
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    at = models.DateTimeField(help_text="When it was sent, or written if it was not yet")
    created_at = models.DateTimeField(db_default=Now())
    search_key = SearchKey("subject", "sender_name", "sender", "text")

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction__in=["out", "in"]), name="message_direction_is_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "queued", "sending", "sent", "unknown", "failed", "taken_back", "logged",
                        "set_aside",
                    ]
                ),
                name="message_state_is_known",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["lead", "-at"], name="message_of_lead"),
            models.Index(fields=["thread", "at"], name="message_of_thread"),
            models.Index(fields=["by", "-at"], name="message_of_user"),
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["queued", "sending"]),
                name="message_open_by_due",
            ),
            models.Index(
                fields=["-at", "-id"],
                condition=Q(lead=None, state="logged"),
                name="message_unmatched",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or "(no subject)"

    def get_absolute_url(self) -> str:
        return link("correspondence:message", self.pk)

    @property
    def is_out(self) -> bool:
        return self.direction == self.Direction.OUT

    @property
    def other_side(self) -> str:
        """Who it went to or came from, as a list shows it."""
        return ", ".join(self.to) if self.is_out else self.sender_name or self.sender


class EmailTemplateQuerySet(models.QuerySet["EmailTemplate"]):
    def usable_by(self, user: "User") -> "EmailTemplateQuerySet":
        return self.filter(Q(owner=user) | Q(owner=None))

    def editable_by(self, user: "User") -> "EmailTemplateQuerySet":
        """His own; a manager also edits those that everybody shares."""
        return self.usable_by(user) if user.is_manager else self.filter(owner=user)


class EmailTemplate(models.Model):
    """A mail to begin from, with merge fields. Without an owner everybody may use it."""

    name = NameField(max_length=80)
    subject = NameField(max_length=200)
    body = models.TextField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="email_templates",
    )

    objects = EmailTemplateQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), "owner", name="template_name_is_unique_for_its_owner"
            ),
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(owner=None),
                name="template_name_is_unique_among_the_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserMailbox(models.Model):
    """How one user sends personal e-mail: signature, own address, own server.

    `address` counts: its reader confirmed it by mail, or an administrator set it. One that waits
    for that is `pending_address`. Without a host, or while no address counts, mail leaves by the
    organisation's server. The password is sealed (crm.correspondence.sealing), never shown again.
    last_error: what the own server answered last; administrators read it.
    """

    class Security(models.TextChoices):
        STARTTLS = "starttls", "STARTTLS (usually port 587)"
        TLS = "tls", "TLS (usually port 465)"
        NONE = "none", "None (only within your own network)"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mailbox"
    )
    signature = models.TextField(blank=True, default="")
    address = models.EmailField(blank=True, default="", help_text="In lower case")
    pending_address = models.EmailField(blank=True, default="", help_text="In lower case")
    asked_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    host = models.CharField(max_length=200, blank=True, default="")
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=8, choices=Security.choices, default=Security.STARTTLS)
    username = models.CharField(max_length=200, blank=True, default="")
    password = models.TextField(blank=True, default="", help_text="Sealed")
    last_error = models.CharField(max_length=500, blank=True, default="")
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "user mailboxes"
        constraints = [
            models.CheckConstraint(
                condition=Q(security__in=["starttls", "tls", "none"]),
                name="mailbox_security_is_known",
            ),
            models.UniqueConstraint(
                fields=["address"],
                condition=~Q(address=""),
                name="mailbox_address_is_one_users",
            ),
        ]

    def __str__(self) -> str:
        return f"Mailbox of {self.user}"

    @classmethod
    def of(cls, user: "User") -> "UserMailbox":
        """Return the user's mailbox; an unsaved one if he has set nothing."""
        return cls.objects.filter(user=user).first() or cls(user=user)


class FetchedFolder(models.Model):
    """How far a folder of an IMAP server has been read: everything up to `last_uid`."""

    name = NameField(max_length=250, unique=True, help_text="user@host/folder")
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    trying_uid = models.BigIntegerField(default=0, help_text="The message that is being read")
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun")
    lease_until = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

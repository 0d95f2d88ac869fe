"""What belongs to a message: the people in it, its raw bytes, the files in them."""

import zlib

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from crm.common.links import link
from crm.common.names import NameField


class ReceivedMailQuerySet(models.QuerySet["ReceivedMail"]):
    def set_aside(self) -> "ReceivedMailQuerySet":
        """What could not be read, and waits for somebody to look at it."""
        return self.filter(message=None)


class ReceivedMail(models.Model):
    """One raw message as it was handed over. Without a message it could not be read: see `problem`.

    The files of a message are taken out of it when somebody downloads one, so each byte is kept
    once (docs/decisions/0066).
    """

    class Door(models.TextChoices):
        SERVER = "server", "Handed over by a mail server"
        PROVIDER = "provider", "Handed over by a provider"
        FOLDER = "folder", "Fetched from the mailbox"

    message = models.OneToOneField(
        "correspondence.Message",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="received",
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the raw message")
    packed = models.BinaryField(help_text="Compressed by zlib; empty if it was never handed over")
    size = models.PositiveIntegerField(help_text="Bytes before compression")
    envelope = models.JSONField(default=list, blank=True, help_text="To whom it was delivered")
    door = models.CharField(max_length=10, choices=Door.choices)
    problem = models.TextField(blank=True, default="", help_text="Why it could not be read")
    received_at = models.DateTimeField(db_default=Now())

    objects = ReceivedMailQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=False) | ~Q(problem=""),
                name="received_mail_is_read_or_says_why_not",
            ),
            models.CheckConstraint(
                condition=Q(door__in=["server", "provider", "folder"]),
                name="received_mail_door_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-received_at", "-id"],
                condition=Q(message=None),
                name="received_mail_set_aside",
            )
        ]

    def __str__(self) -> str:
        return f"Received mail {self.pk}"

    def get_absolute_url(self) -> str:
        return link("correspondence:received", self.pk)

    @property
    def raw(self) -> bytes:
        return zlib.decompress(bytes(self.packed)) if self.packed else b""


class ReceivedFile(models.Model):
    """A file that came with a message: part `number` of its raw bytes."""

    message = models.ForeignKey(
        "correspondence.Message", on_delete=models.CASCADE, related_name="files"
    )
    number = models.PositiveSmallIntegerField()
    name = NameField(max_length=150)
    kind = models.CharField(max_length=100, help_text="The media type that its sender gave it")
    size = models.PositiveIntegerField(help_text="Bytes, about")

    class Meta:
        ordering = ["message", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "number"], name="received_file_is_one_part_of_its_message"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_program(self) -> bool:
        """Whether opening it may run a program: then it is only in the raw message."""
        from crm.correspondence.files import is_program

        return is_program(self.name)


class Participant(models.Model):
    """A lead who wrote or got a message. Its activity is one lead's; the others see it by this."""

    class Place(models.TextChoices):
        FROM = "from", "From"
        TO = "to", "To"
        CC = "cc", "Cc"

    message = models.ForeignKey(
        "correspondence.Message", on_delete=models.CASCADE, related_name="participants"
    )
    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="mail_places")
    place = models.CharField(max_length=4, choices=Place.choices)
    address = models.EmailField(help_text="As the message has it, in lower case")

    class Meta:
        ordering = ["message", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "lead"], name="participant_is_once_in_a_message"
            ),
            models.CheckConstraint(
                condition=Q(place__in=["from", "to", "cc"]), name="participant_place_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.address

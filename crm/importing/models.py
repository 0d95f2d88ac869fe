"""Imports of files: what was mapped, how far it got, and every row it touched, for the undo."""

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from crm.common.names import NameField
from crm.users.models import Organisation

if TYPE_CHECKING:
    from crm.users.models import User


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: "User") -> "ImportQuerySet":
        """Managers see every import, others their own."""
        return self if user.is_manager else self.filter(created_by=user)

    def active(self) -> "ImportQuerySet":
        """Imports that write, or wait to."""
        return self.filter(state__in=(Import.State.QUEUED, Import.State.RUNNING))


class Import(models.Model):
    """One file brought in. Moves uploaded → checked → queued → running → done; or failed, undone.

    `file` is what was uploaded; `table` the same rows as CSV where that was a workbook. A run goes
    on at `place`, which each batch writes in its own transaction.
    """

    class Kind(models.TextChoices):
        LEADS = "leads", "Leads"
        DEALS = "deals", "Deals"
        SPEND = "spend", "Spend of campaigns"
        METRICS = "metrics", "Weekly numbers of channels"
        TOUCHES = "touches", "Touches of leads"

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Uploaded"
        CHECKED = "checked", "Checked"
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    class Duplicates(models.TextChoices):
        SKIP = "skip", "Skip the row"
        UPDATE = "update", "Update the record that exists"
        CREATE = "create", "Create anyway, where nothing must be unique"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.UPLOADED)
    file = models.FileField(upload_to="imports/%Y/%m/")
    table = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    columns = models.JSONField(default=list)
    file_name = NameField(max_length=255)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    mapping = models.JSONField(default=dict, help_text="{field: column}")
    options = models.JSONField(
        default=dict, help_text="date_format, encoding, delimiter, sheet, time_zone"
    )
    duplicates = models.CharField(
        max_length=6, choices=Duplicates.choices, default=Duplicates.UPDATE
    )
    rows = models.PositiveIntegerField(default=0, help_text="Rows read")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0, help_text="Rows in the file, once counted")
    problems = models.JSONField(
        default=list, help_text="The first of them: {line, level, field, message}"
    )
    place = models.JSONField(default=dict, help_text="Where the next batch begins")
    checked = models.JSONField(default=dict, help_text="What the last dry run counted and found")
    kept = models.JSONField(default=list, help_text="What an undo left in place, and why")
    error_file = models.FileField(upload_to="imports/errors/%Y/%m/", blank=True)
    error = models.TextField(blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="imports"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} from {self.file_name}"

    def get_absolute_url(self) -> str:
        return reverse("importing:detail", args=[self.pk])

    @property
    def zone(self) -> ZoneInfo:
        """Where the file's days and times are from; the organisation's unless it was said."""
        return ZoneInfo(self.options.get("time_zone") or Organisation.get().time_zone)

    @property
    def path(self) -> Path:
        """The file that is read: a workbook's rows as CSV, or what the command line names."""
        if self.options.get("path"):
            return Path(self.options["path"])
        return Path((self.table or self.file).path)

    @property
    def progress_text(self) -> str:
        return (
            f"{self.rows:,} of about {self.total:,} rows" if self.rows else "Waiting for a worker"
        )

    @property
    def is_busy(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING, self.State.UNDOING)

    @property
    def can_run(self) -> bool:
        return self.state == self.State.CHECKED

    @property
    def can_undo(self) -> bool:
        """Also once more, after an undo that had to leave something in place."""
        states = (self.State.DONE, self.State.FAILED, self.State.UNDONE)
        return self.state in states and self.records.exists()


class ImportedRow(models.Model):
    """One record that an import created or changed, with its values before."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="records")
    line = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=40, help_text="app.Model")
    object_id = models.BigIntegerField()
    created = models.BooleanField(default=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["source", "model"], name="imported_row_of_import")]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}"

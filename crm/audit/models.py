"""The history: one row for each change of a field, and what managers are told in words."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from crm.audit.acting import Door

if TYPE_CHECKING:
    from django.db.models import Model


class ChangeQuerySet(models.QuerySet["Change"]):
    def of(self, record: "Model") -> "ChangeQuerySet":
        """The history of one record."""
        return self.about(type(record), [record.pk])

    def about(self, model: "type[Model]", keys: Collection[int]) -> "ChangeQuerySet":
        """The history of some records of one model."""
        return self.filter(model=model._meta.label_lower, object_id__in=keys)

    def of_field(self, model: "type[Model]", *names: str) -> "ChangeQuerySet":
        """Changes of these fields of a model, named as its attributes are."""
        columns = [field.column for field in model._meta.concrete_fields if field.name in names]
        return self.filter(model=model._meta.label_lower, field__in=columns)

    def forget(self, model: "type[Model]", keys: Iterable[int]) -> None:
        """Drop what these records said before and say now: an erased person's."""
        self.about(model, list(keys))._raw_delete(self.db)


class Change(models.Model):
    """One field of one record became another: who, when, from what to what, by which way.

    Written by the triggers of crm.audit.noting and by nothing else. `before` and `after` are as the
    column holds them; keys of other rows become names when they are shown, so that no name is
    frozen here. field: "" for a record made or deleted, whose fields stand as JSON.
    """

    class Act(models.TextChoices):
        MADE = "made", "Made"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"

    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    door = models.CharField(max_length=10, choices=Door.choices)
    batch = models.UUIDField(null=True)
    model = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    act = models.CharField(max_length=8, choices=Act.choices)
    field = models.CharField(max_length=60)
    before = models.TextField(null=True)  # noqa: DJ001 - null is the column's own null
    after = models.TextField(null=True)  # noqa: DJ001

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["model", "object_id", "-id"], name="change_of_record"),
            models.Index(fields=["batch"], name="change_of_act"),
            models.Index(fields=["actor", "-id"], name="change_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.field or self.act}"

    @property
    def record_model(self) -> "type[Model]":
        return apps.get_model(self.model)

    @property
    def column(self) -> "models.Field":
        """The changed field. Raises LookupError for what Tandem does not have any more."""
        for field in self.record_model._meta.concrete_fields:
            if field.column == self.field:
                return field
        raise LookupError(self.field)

    @property
    def attribute(self) -> str:
        """The field's name: “owner” for owner_id."""
        return str(self.column.name)

    @property
    def value_before(self) -> Any:
        """What the column held, as the model takes it: the key of another row, a number, text."""
        return self.as_value(self.before)

    @property
    def value_after(self) -> Any:
        return self.as_value(self.after)

    def as_value(self, text: str | None) -> Any:
        """A flag stands as true or false on PostgreSQL, as 1 or 0 on SQLite."""
        if isinstance(self.column, models.BooleanField) and text is not None:
            return text in ("true", "1")
        return self.column.to_python(text)

    @property
    def still_there(self) -> bool:
        """Whether the row that was linked before is still there, if one was."""
        other: Any = self.column.related_model
        return other is None or self.before is None or other.objects.filter(pk=self.before).exists()


class AuditEntry(models.Model):
    """What somebody changed, with before and after in words. Written with the change itself.

    actor: None is Tandem itself; who: his name then, for one that is gone
    """

    class Area(models.TextChoices):
        SCORING = "scoring", "Scoring"
        DEFINITION = "definition", "MQL definition"
        TARGETS = "targets", "Targets"
        ROUTING = "routing", "Routing"
        REASONS = "reasons", "Reasons"
        PEOPLE = "people", "People"
        IMPORTS = "imports", "Imports"
        PLAN = "plan", "Plan"

    area = models.CharField(max_length=10, choices=Area.choices)
    what = models.CharField(max_length=200)
    before = models.TextField(blank=True, default="")
    after = models.TextField(blank=True, default="")
    url = models.CharField(max_length=200, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    who = models.CharField(max_length=150, blank=True, default="")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["area", "-id"], name="audit_by_area"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_area_display()}: {self.what}"

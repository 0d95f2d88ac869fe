"""What an undo leaves in place, and why: each rule is asked of a chunk of records at one time."""

from typing import Any

from django.db.models import Exists, ManyToManyRel, Model, OuterRef, Q, QuerySet

from crm.audit.models import Change
from crm.funnel.models import StageTransition
from crm.importing import lead_rows
from crm.importing.models import Import, ImportedRow
from crm.importing.records import plain
from crm.importing.writer import batch_id
from crm.users.models import User
from deals.models import Deal
from leads.models import Lead

OWN = {
    "funnel.StageTransition", "funnel.StageEntry", "leads.EmailAddress",
    "leads.PhoneNumber", "leads.Consent", "deals.DealMove",
}  # fmt: skip
"""Rows that an import writes beside its records; whose they are is asked on its own."""
MOVED = "It has moved through the funnel since."


def used(model: type[Model], ids: list[int]) -> dict[int, str]:
    """Return which of these rows others point to, and what does. One query.

    Every relation of every app counts, but those that the import writes itself.
    """
    users = list(pointing_at(model))
    asked = {
        f"used_{number}": Exists(other._base_manager.filter(**{column: OuterRef("pk")}))
        for number, (other, column) in enumerate(users)
    }
    rows = model._base_manager.filter(pk__in=ids).annotate(**asked).values_list("pk", *asked)
    busy = {}
    for pk, *answers in rows:
        names = [
            other._meta.verbose_name
            for (other, _), is_used in zip(users, answers, strict=True)
            if is_used
        ]
        if names:
            busy[pk] = f"Used by a {names[0]} since."
    return busy


def pointing_at(model: type[Model]) -> list[tuple[Any, str]]:
    """Return the models whose rows may point at one of `model`, each with the field that does."""
    found: list[tuple[Any, str]] = []
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        if other._meta.label in OWN and model is not User:
            continue
        if isinstance(relation, ManyToManyRel):
            found.append((relation.through, relation.field.m2m_reverse_field_name()))
        else:
            found.append((other, relation.field.name))
    return found


def edited_since(stored: Any, record: ImportedRow) -> str:
    """Return which fields of a created record differ from what the import wrote."""
    after = dict(record.after or {})
    if stored is None:
        return ""
    if isinstance(stored, Lead) and after.pop(lead_rows.PRINT, None):
        same = lead_rows.fingerprint(stored) == (record.after or {})[lead_rows.PRINT]
        return "" if same else "Edited since."
    again = [name for name in after if plain(getattr(stored, name)) != after[name]]
    return edited(again) if again else ""


def edited(columns: list[str]) -> str:
    fields = ", ".join(name.removesuffix("_id").replace("_", " ") for name in columns)
    return f"Edited since: {fields}."


def deals_whose_lead_moved(source: Import, ids: list[int]) -> dict[int, str]:
    """Return the deals whose lead has moved since the import moved it."""
    deals = dict(Deal.objects.filter(pk__in=ids).values_list("pk", "lead_id"))
    moved = overtaken(source, list(deals.values()))
    return {
        pk: "Its lead has moved through the funnel since."
        for pk, lead in deals.items()
        if lead in moved
    }


def leads_with_other_moves(source: Import, ids: list[int]) -> dict[int, str]:
    """Return the leads that anything but the import has moved or edited."""
    others = StageTransition.objects.filter(not_of(source), lead_id__in=ids)
    reasons = dict.fromkeys(edited_leads(source, ids), "Edited since.")
    return reasons | dict.fromkeys(others.order_by().values_list("lead_id", flat=True), MOVED)


def edited_leads(source: Import, ids: list[int]) -> set[int]:
    """Return which leads hold other facts than the import left, by their history. One query.

    What was changed and put back counts as never changed. What is in the print is compared by it.
    """
    changes = Change.objects.about(Lead, ids).of_field(Lead, *lead_rows.MORE)
    later = changes.exclude(batch=batch_id(source)).order_by("pk")
    span: dict[tuple[int, str], list[str | None]] = {}
    for pk, field, before, after in later.values_list("object_id", "field", "before", "after"):
        span.setdefault((pk, field), [before, after])[1] = after
    return {pk for (pk, _), (first, last) in span.items() if first != last}


def overtaken(source: Import, leads: list[int]) -> set[int]:
    """Return of which of these leads the import's moves are not the last ones."""
    own = StageTransition.objects.filter(import_id=source.pk, lead_id__in=leads)
    later = StageTransition.objects.filter(
        not_of(source), lead=OuterRef("lead"), pk__gt=OuterRef("pk")
    )
    return set(own.filter(Exists(later)).order_by().values_list("lead_id", flat=True))


def brought_in(source: Import, leads: list[int]) -> set[int]:
    """Return which of these leads the import has itself brought into the funnel."""
    own = StageTransition.objects.filter(import_id=source.pk, lead_id__in=leads, old_stage="")
    return set(own.order_by().values_list("lead_id", flat=True))


def leads_of_kept_deals(source: Import) -> QuerySet[Any]:
    """Return the leads of the import's deals that stay. Once its other deals are gone."""
    left = source.records.filter(model=Deal._meta.label, created=True)
    return Deal.objects.filter(pk__in=left.values("object_id")).values_list("lead_id", flat=True)


def not_of(source: Import) -> Q:
    """Select the moves that anything but this import wrote."""
    return ~Q(import_id=source.pk) | Q(import_id=None)

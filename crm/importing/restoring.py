"""Values that an import changed, given back where nobody has changed them again since."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils.timezone import localdate

from crm.common.keys import keys_of
from crm.importing import consent_records
from crm.importing.bulk import column
from crm.importing.models import Import, ImportedRow
from crm.importing.records import plain
from crm.importing.undo_rules import edited
from crm.importing.undo_slices import Slice, forget
from crm.users.models import Organisation, User
from deals.models import Deal
from leads import addresses
from leads.models import Company, Lead
from leads.services import search_key

Were = dict[int, dict[str, Any]]
"""The columns of records, by their key, before anything came back."""


def restore(part: Slice, model: type[Model]) -> None:
    """Give changed records their values back, the last change first."""
    for records in part.records(model, created=False):
        rows = model._base_manager.select_for_update()
        found: dict[int, Any] = rows.in_bulk([record.object_id for record in records])
        were = {pk: dict(stored.__dict__) for pk, stored in found.items()}
        changed = {}
        for record in records:
            stored = found.get(record.object_id)
            if stored is not None and put_back(part, stored, record):
                changed[stored.pk] = stored
        derive(model, list(changed.values()), were)
        write(part.source, model, list(changed.values()), were)
        forget(records)


def put_back(part: Slice, stored: Any, record: ImportedRow) -> bool:
    """Set the earlier values of one record on its object; True if any was set."""
    before, after = record.before or {}, record.after or {}
    again = [name for name in after if plain(getattr(stored, name)) != after[name]]
    for name in after.keys() - set(again):
        setattr(stored, name, from_plain(stored, name, before.get(name)))
    if again:
        part.keep(record.line, stored, edited(again))
    return len(again) < len(after)


def derive(model: type[Model], objects: list[Any], were: Were) -> None:
    """Set what follows from the values that came back."""
    if model in (Lead, Deal):
        follow_owners(objects, were)
    if model is Lead:
        follow_companies(objects)
    if model is Deal:
        follow_closing(objects)
    for one in objects:
        keys_of(one)


def follow_owners(objects: list[Any], were: Were) -> None:
    """Put records whose owner came back into the owner's team."""
    moved = [one for one in objects if one.owner_id != were[one.pk]["owner_id"]]
    owners = {one.owner_id for one in moved}
    teams = dict(User.objects.filter(pk__in=owners).values_list("pk", "team_id"))
    for one in moved:
        one.team_id = teams.get(one.owner_id)


def follow_companies(leads: list[Lead]) -> None:
    companies = Company.objects.in_bulk({lead.company_id for lead in leads} - {None})
    for lead in leads:
        lead.search_key = search_key(lead, companies.get(lead.company_id or 0, ""))


def follow_closing(deals: list[Deal]) -> None:
    """Give deals the day of their closing, and a version that an open page does not know."""
    zone = Organisation.get().zone
    for deal in deals:
        deal.version += 1
        if deal.closed_at is None:
            deal.closed_on = None
        elif deal.closed_on is None:  # what older imports noted holds only the moment
            deal.closed_on = localdate(deal.closed_at, zone)


def write(source: Import, model: Any, objects: list[Any], were: Were) -> None:
    """Write of each object the columns that differ, and what else the import left with it."""
    alike = defaultdict(list)
    for one in objects:
        alike[names_that_differ(one, were[one.pk])].append(one)
    for names, same in alike.items():
        if names:
            model._base_manager.bulk_update(same, names)
    if model is Lead:
        addresses.write(objects)
        consent_records.take_back(source, objects)


def names_that_differ(stored: Model, was: dict[str, Any]) -> tuple[str, ...]:
    """Return the fields of a record that are not as they were."""
    fields: Iterable[Any] = stored._meta.concrete_fields
    return tuple(
        field.name for field in fields if stored.__dict__[field.attname] != was[field.attname]
    )


def from_plain(stored: Model, name: str, value: Any) -> Any:
    """Return a value as the column holds it, from how JSON keeps it."""
    return value if value is None else column(type(stored), name).to_python(value)

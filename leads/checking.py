"""Finding rows whose derived columns and rows are not what they are derived from.

Nothing should ever be found. The tests let every writer write, and ask here.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from crm.common.keys import KeyField, keys_of
from leads.addresses import KINDS
from leads.models import Lead
from leads.services import search_key

AT_ONCE = 1000


def out_of_step() -> Iterator[str]:
    """Yield in words what differs from what it is derived from: keys, addresses, numbers."""
    for model in apps.get_models():
        if any(isinstance(field, KeyField) for field in model._meta.concrete_fields):
            for rows in chunks(model._default_manager.all()):
                yield from wrong_keys(rows)
    for leads in chunks(Lead.objects.select_related("company")):
        yield from wrong_leads(leads)


def chunks(rows: Any) -> Iterator[list[Any]]:
    last = 0
    while chunk := list(rows.order_by("pk").filter(pk__gt=last)[:AT_ONCE]):
        last = chunk[-1].pk
        yield chunk


def wrong_keys(rows: list[Any]) -> Iterator[str]:
    for row in rows:
        stored = {field.name: getattr(row, field.name) for field in row._meta.concrete_fields}
        for name, right in keys_of(row).items():
            if stored[name] != right:
                yield f"{row}: {name} is “{stored[name]}”, not “{right}”"


def wrong_leads(leads: list[Lead]) -> Iterator[str]:
    for kind in KINDS:
        stored = kind.stored([lead.pk for lead in leads])
        for lead in leads:
            if stored[lead.pk] != kind.of(lead):
                yield f"{lead} has {kind.of(lead)} in its columns, {stored[lead.pk]} in rows"
    for lead in leads:
        if lead.search_key != search_key(lead):
            yield f"{lead} is searched by “{lead.search_key}”, not “{search_key(lead)}”"

"""Which records hold amounts of money: the organisation's currency stands while any does.

Every column of ours that holds money is named `…_minor`, and is found by that name.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model, Q


def amount_columns(model: type[Model]) -> list[str]:
    names = [field.name for field in model._meta.local_concrete_fields]
    return [name for name in names if name.endswith("_minor")]


def models_with_amounts() -> Iterator[type[Model]]:
    return (model for model in apps.get_models() if amount_columns(model))


def records_with_amounts() -> list[str]:
    """Return the names of the kinds of records of which one at least holds an amount but 0."""
    return sorted(name_of(model) for model in models_with_amounts() if holds_amounts(model))


def holds_amounts(model: type[Model]) -> bool:
    held = Q()
    for name in amount_columns(model):
        held |= Q(**{f"{name}__gt": 0}) | Q(**{f"{name}__lt": 0})
    return model._base_manager.filter(held).exists()


def name_of(model: type[Model]) -> str:
    """Return what the records are called, and whose they are where the name does not say it."""
    meta = model._meta
    one, many = str(meta.verbose_name), str(meta.verbose_name_plural)
    name = one if one.endswith("s") else many
    room = str(apps.get_app_config(meta.app_label).verbose_name).lower()
    return name if name.startswith(room[:5]) else f"{name} ({room})"

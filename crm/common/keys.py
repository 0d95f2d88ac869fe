"""Columns that hold folded text, and the condition of a search in them."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from crm.common.folding import digits_of, is_dialled, search_key, search_words, sort_key

LONGEST_KEPT = 20_000
"""Characters of one text that a search looks into: a mail may hold a million."""


class KeyField(models.TextField):
    """Text derived from other columns of its row whenever the row is saved or bulk-created.

    Who writes a source by `update`, `bulk_update` or `save(update_fields=…)` writes `keys_of` too.
    """

    def __init__(self, *sources: str, **options: Any) -> None:
        self.sources = sources
        options |= {"default": "", "editable": False, "blank": True}
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, _, options = super().deconstruct()
        for option in ("default", "editable", "blank"):
            options.pop(option, None)
        return name, path, list(self.sources), options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Django asks a field for its value here, as it does for `auto_now`; no signal is sent."""
        return self.set_on(model_instance)

    def set_on(self, row: models.Model) -> str:
        value = self.derived(*(getattr(row, name) or "" for name in self.sources))
        setattr(row, self.attname, value)
        return value

    @staticmethod
    def derived(*texts: str) -> str:
        raise NotImplementedError


class SearchKey(KeyField):
    """What a search of the row looks into; of each text its beginning, see LONGEST_KEPT."""

    @staticmethod
    def derived(*texts: str) -> str:
        return search_key(*(text[:LONGEST_KEPT] for text in texts))


class SortKey(KeyField):
    """What a list of the rows is ordered by."""

    @staticmethod
    def derived(*texts: str) -> str:
        return sort_key(" ".join(texts))


def keys_of(row: models.Model) -> dict[str, str]:
    """Return the keys that a row must have, after setting them on it."""
    fields = [field for field in row._meta.concrete_fields if isinstance(field, KeyField)]
    return {field.name: field.set_on(row) for field in fields}


def holding(words: Iterable[str], field: str = "search_key") -> Q:
    """Return the condition that a key holds every word."""
    found = Q()
    for word in words:
        found &= Q(**{f"{field}__contains": word})
    return found


def matching(text: str, field: str = "search_key", *, phones: bool = False) -> Q:
    """Return the condition that a key holds every word of `text`, in any order and writing.

    phones: the key holds phone numbers too (folding.phone_key)
    """
    words = search_words(text)
    if text.strip() and not words:
        return Q(pk__in=[])
    found = holding(words, field)
    return found | holding([digits_of(text)], field) if phones and is_dialled(text) else found

"""Names and headings: one line, whatever is typed or sent.

They end in headers of mail and names of files, where a line break would begin another header.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

BREAKS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Every character that ends a line for somebody, as str.splitlines knows them."""


def check_one_line(text: str) -> None:
    """Raise ValidationError for a text with a line break in it."""
    if any(char in BREAKS for char in text):
        raise ValidationError("Write this on one line.", code="one_line")


def on_one_line(text: str) -> str:
    """Return `text` with a blank for each run of line breaks."""
    if not any(char in BREAKS for char in text):
        return text
    return " ".join(part.strip() for part in text.splitlines() if part.strip())


class NameField(models.CharField):
    """A name: forms refuse line breaks, and from no other way is one stored."""

    default_validators = [check_one_line]

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return on_one_line(value) if isinstance(value, str) else value

    def deconstruct(self) -> Any:
        """For migrations it is a column like any other."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class NameInput(forms.CharField):
    """A name in a form that is no model's."""

    default_validators = [check_one_line]

"""Forms that notice when somebody else changed the record since they were opened.

What the record held is summed up in a digest that goes out with the form and comes back with it. If
the record holds something else by then, nothing is saved: the answer is 409 with what was typed,
and the user looks at the change or overwrites it. Templates draw both with `{% form_errors %}`.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

SEEN, OVERWRITE, STALE = "seen", "overwrite", "stale"


@dataclass(frozen=True)
class Change:
    """Who changed the record meanwhile, and when, as far as that is known; where to look at it."""

    who: object = "Somebody"
    at: datetime | None = None
    url: str = ""


class FreshForm(forms.BaseForm):
    """A form about one stored record. Comes before Form or ModelForm among the bases."""

    def record(self) -> Any:
        """Return the stored record, None for a new one. A ModelForm knows it by itself."""
        instance = getattr(self, "instance", None)
        return instance if instance is not None and instance.pk else None

    def change(self) -> Change:
        """Return what is known about the change that this form came too late for."""
        address = getattr(self.record(), "get_absolute_url", None)
        return Change(url=address() if address else "")

    @property
    def seen(self) -> str:
        """The digest to send along: of what the user saw, not of what is stored by now."""
        if self.record() is None:
            return ""
        return str(self.data.get(SEEN, "")) if self.is_bound else self.digest()

    def digest(self) -> str:
        """Sum up what the record holds in the fields of this form."""
        held = [
            f"{name}={field.prepare_value(self.get_initial_for_field(field, name))}"
            for name, field in sorted(self.fields.items())
        ]
        return sha256("\n".join(held).encode(errors="replace")).hexdigest()[:24]

    def clean(self) -> Any:
        cleaned = super().clean()
        seen = self.data.get(SEEN)
        if seen and OVERWRITE not in self.data and self.record() and seen != self.digest():
            self.add_error(None, ValidationError("Changed meanwhile.", code=STALE))
        return cleaned

    @property
    def is_stale(self) -> bool:
        return self.is_bound and self.has_error(NON_FIELD_ERRORS, STALE)


def status_of(form: Any) -> int:
    """Return the status of an answer with `form`: 409 if stale, 422 with errors, else 200."""
    if getattr(form, "is_stale", False):
        return 409
    return 422 if form.is_bound and form.errors else 200

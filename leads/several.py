"""A form field for several values of one kind: each in its own input, one of them the main one."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from leads.normalising import MOST_VALUES


class SeveralInput(forms.Widget):
    """An input for each value and an empty one more; a radio button says which is the main one.

    A value is added in the empty input and taken away by emptying its own.
    """

    input_type = "text"
    noun = "value"

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        values = [*(value or []), ""][: MOST_VALUES + 1]
        given = self.build_attrs(self.attrs, attrs)
        context = {
            "name": name, "values": values, "type": self.input_type,
            "noun": self.noun, "alone": len(values) == 1, "id": given.get("id", ""),
            "look": given.get("class", "form-control"), "autofocus": "data-autofocus" in given,
        }  # fmt: skip
        return render_to_string("leads/_several.html", context)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return what was typed, the main one first, at most as many as a person may have."""
        given = data.getlist(name) if isinstance(data, QueryDict) else [data.get(name) or ""]
        typed = [str(text).strip() for text in given[: 2 * MOST_VALUES]]
        main = place(data.get(f"{name}_main"), typed)
        ordered = typed[main : main + 1] + typed[:main] + typed[main + 1 :]
        return [text for text in ordered if text]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data


def place(chosen: Any, typed: list[str]) -> int:
    """Return which of the values was chosen; the first if that is not understood."""
    number = int(chosen) if str(chosen).isascii() and str(chosen).isdigit() else 0
    return number if number < len(typed) else 0


class SeveralField(forms.Field):
    """Several e-mail addresses or phone numbers; cleaned it is a list, the main one first."""

    widget = SeveralInput

    def __init__(self, *, longest: int, noun: str, kind: str, **options: Any) -> None:
        """noun: what one is called, “phone number”; kind: the type of its input, “tel”"""
        super().__init__(**options)
        self.longest = longest
        assert isinstance(self.widget, SeveralInput)
        self.widget.noun, self.widget.input_type = noun, kind

    def clean(self, value: Any) -> list[str]:
        values: list[str] = super().clean(value) or []
        if len(values) > MOST_VALUES:
            raise forms.ValidationError(f"A person has at most {MOST_VALUES}.")
        if any(len(text) > self.longest for text in values):
            raise forms.ValidationError(f"At most {self.longest} characters each.")
        return values

"""A capture form as visitors see it: made from the fields that the marketer chose."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django_countries import countries

from campaigns.capture.fields import FIELDS, FormField
from campaigns.capture.models import CaptureForm
from leads.normalising import BadValue, inert, many_lines, one_line
from leads.services import LeadNotAccepted, cleaned

LEAD_FIELDS = {"email", "name", "job_title", "phone", "country"}
CONSENT = "consent"


class PublicForm(forms.Form):
    """What is asked, in the marketer's order and words; consent last, never ticked before."""

    use_required_attribute = True

    def __init__(self, capture: CaptureForm, data: Mapping[str, Any] | None = None) -> None:
        typed = None if data is None else {name: inert(str(data[name])) for name in data}
        super().__init__(typed, auto_id="tandem-%s")
        for field in capture.fields:
            if field["name"] in FIELDS:
                self.fields[field["name"]] = asked(field)
        if capture.consent_text:
            self.fields[CONSENT] = forms.BooleanField(required=False, label=capture.consent_text)

    def clean(self) -> dict[str, Any]:
        """Let leads say whether these values can be kept; its words stand beside the fields."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        mine = {name: data[name] for name in LEAD_FIELDS if name in data}
        try:
            data.update(cleaned(mine))
        except LeadNotAccepted as fault:
            for name, words in fault.errors.items():
                self.add_error(name if name in self.fields else None, words)
        for name, keep in (("company", one_line), ("message", many_lines)):
            try:
                if name in data:
                    data[name] = keep(data[name])
            except BadValue as error:
                self.add_error(name, str(error))
        return data

    @property
    def values(self) -> dict[str, str]:
        """What was typed, as it will be kept."""
        return {name: text for name, text in self.cleaned_data.items() if name != CONSENT and text}


def raw_values(capture: CaptureForm, posted: Any) -> dict[str, str]:
    """Return what was sent, cut to what its field may hold: for the list of spam."""
    sent = {field["name"]: str(posted.get(field["name"], "")) for field in capture.fields}
    longest = {name: choice.longest for name, choice in FIELDS.items()}
    kept = {name: inert(text[: longest.get(name, 200)]) for name, text in sent.items()}
    return {name: text for name, text in kept.items() if text}


def asked(field: FormField) -> forms.Field:
    """Return the form's field for one that the marketer chose."""
    name, choice = field["name"], FIELDS[field["name"]]
    attributes = {"autocomplete": choice.autocomplete}
    common: dict[str, Any] = {"label": field["label"], "required": field["required"]}
    if name == "country":
        chosen = [("", "Choose"), *countries]
        return forms.ChoiceField(choices=chosen, widget=forms.Select(attrs=attributes), **common)
    widget: forms.Widget = forms.TextInput(attrs=attributes)
    if name == "message":
        widget = forms.Textarea(attrs={**attributes, "rows": 4})
    if name == "email":
        widget = forms.EmailInput(attrs=attributes)
    if name == "phone":
        widget = forms.TextInput(attrs={**attributes, "type": "tel"})
    return forms.CharField(max_length=choice.longest, widget=widget, **common)

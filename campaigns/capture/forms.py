"""What the marketer types: a capture form's builder, a UTM link."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import URLValidator

from campaigns.capture import utm
from campaigns.capture.fields import FIELDS, FormField, changed, first_fields
from campaigns.capture.models import CaptureForm
from campaigns.models import Campaign

WEB = URLValidator(schemes=["https", "http"])


def campaigns_for(present: Campaign | None) -> Any:
    """Return the campaigns to choose from: those not done, and the one chosen before."""
    running = Campaign.objects.exclude(status=Campaign.Status.DONE)
    return running | Campaign.objects.filter(pk=present.pk) if present else running


class NewForm(forms.ModelForm):
    """What a form needs to begin with; the rest is built on its own page."""

    class Meta:
        model = CaptureForm
        fields = ["name", "campaign"]
        help_texts = {"campaign": "Whoever sends the form is a lead of this campaign."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns_for(None)  # type: ignore[attr-defined]
        self.fields["campaign"].empty_label = "No campaign"  # type: ignore[attr-defined]

    def filled(self) -> CaptureForm:
        """Return the new form, not saved."""
        form: CaptureForm = self.save(commit=False)
        form.fields = first_fields()
        return form


class BuilderForm(forms.ModelForm):
    """A capture form: its settings, and label and necessity of each field in their order."""

    order = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    thank_you_url = forms.URLField(
        label="… or go on to this address", max_length=500, required=False, assume_scheme="https"
    )

    class Meta:
        model = CaptureForm
        fields = [
            "name", "campaign", "touch_kind", "intro", "consent_text", "button", "thank_you",
            "thank_you_url", "shared_device",
        ]  # fmt: skip
        labels = {
            "touch_kind": "Counts as",
            "intro": "Introduction",
            "consent_text": "Consent text",
            "button": "Button",
            "thank_you": "Thank-you text",
            "shared_device": "Shared device",
        }
        help_texts = {
            "campaign": "Whoever sends the form is a lead of this campaign.",
            "touch_kind": "What it is worth for the score.",
            "consent_text": "Beside a box that nobody has ticked. Blank: no box, no consent.",
        }
        widgets = {
            "thank_you": forms.Textarea(attrs={"rows": 2}),
            "consent_text": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = campaigns_for(self.instance.campaign)  # type: ignore[attr-defined]
        self.fields["campaign"].empty_label = "No campaign"  # type: ignore[attr-defined]
        self.asked = self.posted_order() if self.is_bound else list(self.instance.fields)
        self.initial["order"] = ",".join(field["name"] for field in self.asked)
        for field in self.asked:
            self.fields[f"label_{field['name']}"] = forms.CharField(
                max_length=80, label=f"Label of {FIELDS[field['name']].label}",
                initial=field["label"],
            )  # fmt: skip
            self.fields[f"required_{field['name']}"] = forms.BooleanField(
                required=False, label="Required", initial=field["required"]
            )

    def posted_order(self) -> list[FormField]:
        """Return the form's own fields in the order that was posted."""
        known = {field["name"]: field for field in self.instance.fields}
        names = [name for name in self.data.get("order", "").split(",") if name in known]
        return [known[name] for name in dict.fromkeys([*names, *known])]

    def clean_thank_you(self) -> str:
        return str(self.cleaned_data["thank_you"]).strip()

    def filled(self, act: str = "") -> CaptureForm:
        """Return the form as typed, and after one act on its fields (see `fields.changed`)."""
        form: CaptureForm = self.save(commit=False)
        form.fields = changed([self.typed(field["name"]) for field in self.asked], act)
        return form

    def typed(self, name: str) -> FormField:
        required = name == "email" or bool(self.cleaned_data.get(f"required_{name}"))
        label = self.cleaned_data.get(f"label_{name}") or FIELDS[name].label
        return {"name": name, "label": label, "required": required}

    def rows(self) -> Sequence[dict[str, Any]]:
        """Return what the builder shows of each field."""
        last = len(self.asked) - 1
        return [
            {
                "name": field["name"],
                "kind": FIELDS[field["name"]].label,
                "label": self[f"label_{field['name']}"],
                "required": self[f"required_{field['name']}"],
                "first": index == 0,
                "last": index == last,
                "fixed": field["name"] == "email",
            }
            for index, field in enumerate(self.asked)
        ]


class LinkForm(forms.Form):
    """A page and the five names that say where a visit came from."""

    campaign_id = forms.ModelChoiceField(
        Campaign.objects.none(), label="For campaign", empty_label="Choose"
    )
    base_url = forms.CharField(
        label="Page", max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://www.example.com/webinar"}),
    )  # fmt: skip
    source = forms.CharField(
        max_length=utm.LONGEST, help_text="Where the link stands: google, newsletter",
        widget=forms.TextInput(attrs={"list": "utm-sources", "autocomplete": "off"}),
    )  # fmt: skip
    medium = forms.CharField(
        max_length=utm.LONGEST, help_text="By what means: cpc, email, social",
        widget=forms.TextInput(attrs={"list": "utm-mediums", "autocomplete": "off"}),
    )  # fmt: skip
    campaign = forms.CharField(
        label="Campaign name", max_length=utm.LONGEST, required=False,
        help_text="Blank: the campaign's own, in lower case",
    )  # fmt: skip
    term = forms.CharField(
        max_length=utm.LONGEST, required=False, help_text="Optional: the search word"
    )
    content = forms.CharField(
        max_length=utm.LONGEST, required=False, help_text="Optional: which of several links"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = Campaign.objects.exclude(status=Campaign.Status.DONE)
        self.fields["campaign_id"].queryset = running  # type: ignore[attr-defined]

    def clean_base_url(self) -> str:
        text = str(self.cleaned_data["base_url"]).strip()
        text = text if "://" in text else f"https://{text}"
        WEB(text)
        return text

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("campaign") and data.get("campaign_id"):
            data["campaign"] = data["campaign_id"].name
        for part in utm.PARTS:
            if data.get(part):
                data[part] = utm.tidy(data[part])
                if not data[part]:
                    self.add_error(part, "Use letters, digits and hyphens.")
        return data

    @property
    def values(self) -> dict[str, str]:
        """The UTM values, tidied."""
        return {part: self.cleaned_data.get(part) or "" for part in utm.PARTS}

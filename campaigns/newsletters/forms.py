"""Forms of newsletters."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import now

from campaigns.newsletters.models import Newsletter
from crm.mailing.suppressing import Reason
from crm.users.models import User


class NewsletterForm(forms.ModelForm):
    """A draft, without its blocks: they have a form of their own kind (block_form)."""

    class Meta:
        model = Newsletter
        fields = (
            "name", "subject", "subject_b", "test_share", "test_hours", "preheader", "sender_name",
            "reply_to", "segment", "campaign", "rate_per_minute", "also_mailed_today",
        )  # fmt: skip
        labels = {
            "name": "Name",
            "subject": "Subject",
            "subject_b": "Second subject to try",
            "test_share": "Share that tries them, %",
            "test_hours": "Hours until the better one goes to the rest",
            "preheader": "Preview text",
            "sender_name": "Sender's name",
            "reply_to": "Answers go to",
            "segment": "Segment",
            "campaign": "Campaign",
            "rate_per_minute": "Messages a minute, at most",
            "also_mailed_today": "Also who got a marketing mail that day already",
        }
        help_texts = {
            "name": "For your list; readers do not see it.",
            "preheader": "What many mail programs show beside the subject.",
            "subject_b": "More people who clicked, per mail delivered, wins; a tie: the first.",
            "sender_name": "Blank: the organisation's name.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segment, campaign = self.fields["segment"], self.fields["campaign"]
        assert isinstance(segment, forms.ModelChoiceField)
        assert isinstance(campaign, forms.ModelChoiceField)
        segment.empty_label = "Everybody who agreed to get mail"
        campaign.empty_label = "None"

    @property
    def rest_has_errors(self) -> bool:
        shown = {"name", "subject", "segment", "preheader"}
        return bool(set(self.errors) - shown)


class ScheduleForm(forms.Form):
    """When a newsletter goes out. `count` is the number of people that was stated."""

    WHEN = (("now", "Now"), ("later", "Later"))

    when = forms.ChoiceField(choices=WHEN, widget=forms.RadioSelect, initial="now")
    at = forms.DateTimeField(
        label="At",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    count = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("when") == "later" and "at" not in self.errors:
            if not values.get("at"):
                self.add_error("at", "Say when.")
            elif values["at"] <= now():
                self.add_error("at", "Choose a time that is still to come.")
        return values

    @property
    def moment(self) -> datetime | None:
        """Return when it is to begin, None for now."""
        later: datetime | None = self.cleaned_data["at"]
        return later if self.cleaned_data["when"] == "later" else None


class TestForm(forms.Form):
    """To whom a test goes: to a colleague."""

    to = forms.EmailField(label="Send a test to")

    def clean_to(self) -> str:
        address = str(self.cleaned_data["to"]).lower()
        if not User.objects.active().filter(email=address).exists():
            raise forms.ValidationError("Tests go to people who work with Tandem only.")
        return address


class SuppressionForm(forms.Form):
    """An address that is to get no marketing mail."""

    address = forms.EmailField(label="E-mail address")
    source = forms.CharField(label="Why", max_length=160, required=False)
    reason = Reason.BY_HAND

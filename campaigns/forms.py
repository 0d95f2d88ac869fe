"""What marketing types: campaigns, spend, channels, touches, words about verdicts."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models.functions import Lower
from django.utils.timezone import localtime, now

from campaigns.models import Campaign, Spend, Touch
from campaigns.picking import LeadNotFound, find_lead
from campaigns.services.touches import TouchInFuture, check_time
from crm.common.freshness import FreshForm
from crm.common.money import NotMoney, parse_money, write_money
from crm.common.money_field import AmountField
from crm.funnel.models import Verdict
from crm.users.models import Organisation, User
from crm.users.permissions import MARKETING
from leads.models import Channel


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def channels_for(present: Channel | None) -> Any:
    """Return the channels to choose from: those in use, and the one chosen before."""
    active = Channel.objects.filter(is_active=True)
    return active | Channel.objects.filter(pk=present.pk) if present else active


def minor_units(text: str, *, signed: bool = False) -> int:
    """Return minor units of the organisation's currency. Raises ValidationError.

    signed: a minus is allowed, for a refund
    """
    bare = text.strip()
    minus = signed and bare[:1] in ("-", "−")
    try:
        minor = parse_money(bare[1:] if minus else bare, Organisation.get().currency)
    except NotMoney as fault:
        raise forms.ValidationError(str(fault)) from fault
    return -minor if minus else minor


def amount_text(minor: int | None) -> str:
    if minor is None:
        return ""
    text = write_money(abs(minor), Organisation.get().currency)
    return f"-{text}" if minor < 0 else text


class CampaignForm(FreshForm, forms.ModelForm):
    """Five fields matter; the rest may wait."""

    FIRST = ("name", "channel", "starts_on", "ends_on", "budget", "mql_goal")
    budget = AmountField(required=False)
    status = forms.ChoiceField(
        required=False, choices=[("", "By its dates"), *Campaign.Status.choices]
    )

    class Meta:
        model = Campaign
        fields = [
            "name", "channel", "starts_on", "ends_on", "mql_goal", "objective", "status", "owner",
            "parent", "notes",
        ]  # fmt: skip
        labels = {
            "starts_on": "Starts", "ends_on": "Ends", "mql_goal": "Goal: MQLs",
            "parent": "Programme",
        }  # fmt: skip
        help_texts = {"parent": "The campaign that this one is a part of."}
        widgets = {
            "starts_on": DateInput(),
            "ends_on": DateInput(),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance
        self.fields["channel"].queryset = channels_for(chosen.channel)  # type: ignore[attr-defined]
        self.fields["channel"].empty_label = "No channel"  # type: ignore[attr-defined]
        self.fields["channel"].required = chosen.pk is None or chosen.channel_id is not None
        self.fields["owner"].empty_label = "No owner"  # type: ignore[attr-defined]
        marketers = User.objects.active().filter(role__in=MARKETING)
        if chosen.owner_id:
            marketers = marketers | User.objects.filter(pk=chosen.owner_id)
        self.fields["owner"].queryset = marketers  # type: ignore[attr-defined]
        programmes = Campaign.objects.programmes().current().exclude(pk=chosen.pk)
        if chosen.parent_id:
            programmes = programmes | Campaign.objects.filter(pk=chosen.parent_id)
        self.fields["parent"].queryset = programmes  # type: ignore[attr-defined]
        self.fields["parent"].empty_label = "No programme"  # type: ignore[attr-defined]
        currency = Organisation.get().currency
        self.fields["budget"].label = f"Budget ({currency})"
        self.initial["budget"] = amount_text(chosen.budget_minor)
        if chosen.pk is None:
            self.initial["status"] = ""
            self.initial["owner"] = chosen.owner_id or (user.pk if user.role in MARKETING else None)

    def clean_budget(self) -> int | None:
        text = str(self.cleaned_data.get("budget") or "")
        return minor_units(text) if text.strip() else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "This is before the first day.")
        if not data.get("status"):
            begun = first is not None and first <= localtime(now()).date()
            data["status"] = Campaign.Status.LIVE if begun else Campaign.Status.PLANNED
        return data

    def filled(self) -> Campaign:
        """Return the campaign as typed, not saved."""
        campaign: Campaign = self.save(commit=False)
        campaign.budget_minor = self.cleaned_data["budget"]
        return campaign

    @property
    def rest_has_errors(self) -> bool:
        rest = ("objective", "status", "owner", "parent", "notes")
        return any(name in self.errors for name in rest)


class SpendForm(FreshForm, forms.ModelForm):
    """Money on one day; a refund has a minus."""

    amount = AmountField()

    class Meta:
        model = Spend
        fields = ["day", "note"]
        widgets = {"day": DateInput()}

    field_order = ["day", "amount", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = f"Amount ({Organisation.get().currency})"
        self.fields["amount"].help_text = "With a minus for a refund."
        if self.instance.pk:
            self.initial["amount"] = amount_text(self.instance.amount_minor)
        else:
            self.initial["day"] = localtime(now()).date()

    def clean_amount(self) -> int:
        return minor_units(self.cleaned_data["amount"], signed=True)

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"day": data["day"], "amount_minor": data["amount"], "note": data["note"]}


class ChannelForm(forms.ModelForm):
    class Meta:
        model = Channel
        fields = ["name"]

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Channel.objects.exclude(pk=self.instance.pk).annotate(lower=Lower("name"))
        if others.filter(lower=name.lower()).exists():
            raise forms.ValidationError("There is a channel of this name.")
        return name


class TouchForm(forms.Form):
    """One response of a lead, known or new."""

    lead = forms.CharField(
        max_length=300,
        help_text="Name or e-mail. An unknown e-mail address makes a new lead.",
        widget=forms.TextInput(attrs={"list": "touch-leads", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="What happened", choices=Touch.Kind.choices)
    campaign = forms.ModelChoiceField(
        Campaign.objects.all(), required=False, empty_label="No campaign"
    )
    detail = forms.CharField(
        max_length=250, required=False, help_text="Which form, event or page. The rep reads it."
    )
    at = forms.DateTimeField(
        label="When",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=100)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_lead(self) -> Any:
        """Return the lead meant, or the e-mail address of a new one."""
        try:
            return find_lead(self.cleaned_data["lead"], self.user)
        except LeadNotFound as fault:
            raise forms.ValidationError(str(fault)) from fault

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        try:
            check_time(at)
        except TouchInFuture as fault:
            raise forms.ValidationError(str(fault)) from fault
        return at


class QualifyForm(forms.Form):
    note = forms.CharField(
        label="Why should sales take this lead?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The rep reads this first.",
    )


class DisputeForm(forms.Form):
    note = forms.CharField(
        label="Why is the verdict wrong?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class RulingForm(forms.Form):
    ruling = forms.ChoiceField(
        label="Who was right?", choices=Verdict.Ruling.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

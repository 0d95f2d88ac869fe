"""What people say about deals. The rules behind are in the services."""

from typing import Any

from django import forms
from django.utils.timezone import localdate

from crm.activities.forms import next_morning
from crm.activities.models import Activity
from crm.activities.services import NextStep
from crm.common.money import write_money
from crm.common.money_field import AmountField, clean_money, currency_choices
from crm.common.names import NameInput
from crm.users.models import Organisation, Role, User
from deals import closing
from deals.models import Deal, LostReason, PipelineStage
from deals.services import NotAllowedNow

NO_STEP = ""


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MoneyForm(forms.Form):
    """A form with an amount and its currency, cleaned together into minor units."""

    amount = AmountField(required=False)
    currency = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = self.initial.get("currency") or Organisation.get().currency
        currency = self.fields["currency"]
        if isinstance(currency, forms.ChoiceField):
            currency.choices = currency_choices(first)
            currency.initial = first

    def clean(self) -> dict[str, Any]:
        super().clean()
        clean_money(self)
        return self.cleaned_data


class StageChoice(forms.ModelChoiceField):
    """A stage of any pipeline in use, said with its pipeline if there are several."""

    def __init__(self, **kwargs: Any) -> None:
        stages = PipelineStage.objects.filter(pipeline__is_active=True)
        super().__init__(stages.select_related("pipeline"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.pipeline}: {obj}" if obj.pipeline.position else str(obj)


class NextStepForm(forms.Form):
    """What comes next: a kind of activity and a time; both or neither."""

    kind = forms.ChoiceField(label="Next activity", required=False)
    due_at = forms.DateTimeField(
        label="When",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        if isinstance(kind, forms.ChoiceField):
            kind.choices = [(NO_STEP, "Nothing yet"), *Activity.Kind.choices]
            kind.initial = Activity.Kind.CALL
        self.fields["due_at"].initial = next_morning

    def clean(self) -> dict[str, Any]:
        super().clean()
        given = self.cleaned_data
        if given.get("kind") and not given.get("due_at") and "due_at" not in self.errors:
            self.add_error("due_at", "Say when.")
        return self.cleaned_data

    def step(self) -> NextStep | None:
        """Return what was planned, None for nothing."""
        if not self.cleaned_data.get("kind"):
            return None
        kind = Activity.Kind(self.cleaned_data["kind"])
        return NextStep(kind, self.cleaned_data["due_at"])


class MoveForm(forms.Form):
    """Another stage of the deal's pipeline, and the version that the user saw."""

    stage = forms.ModelChoiceField(
        PipelineStage.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, deal: Deal, asked: str = "", **kwargs: Any) -> None:
        kwargs["initial"] = {"stage": asked or deal.stage_id, "version": deal.version}
        super().__init__(*args, **kwargs)
        stage = self.fields["stage"]
        if isinstance(stage, forms.ModelChoiceField):
            stage.queryset = deal.pipeline.stages.all()
            stage.label = "Stage"


class WinForm(MoneyForm):
    """What was signed, and when."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    closed_on = forms.DateField(label="Signed on", widget=date_input())
    note = forms.CharField(
        label="Why did we win?", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        initial = {
            "amount": write_money(deal.amount_minor, deal.currency),
            "currency": deal.currency,
            "closed_on": localdate(),
            "version": deal.version,
        }
        super().__init__(*args, initial=initial, **kwargs)
        self.deal = deal
        self.fields["amount"].required = True

    def clean_closed_on(self) -> Any:
        day = self.cleaned_data["closed_on"]
        if day > localdate():
            raise forms.ValidationError("This day is in the future.")
        try:
            closing.check_signed(self.deal, day)
        except NotAllowedNow as fault:
            raise forms.ValidationError(str(fault)) from fault
        return day


class LoseForm(forms.Form):
    """Why the deal was lost, and whether the lead was a good one: marketing learns from both."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.ModelChoiceField(
        LostReason.objects.none(),
        label="Why was it lost?",
        widget=forms.RadioSelect,
        empty_label=None,
    )
    good_lead = forms.TypedChoiceField(
        label="Was this a good lead?",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        error_messages={"required": "Marketing needs to know: was this a good lead?"},
    )
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    competitor = forms.CharField(required=False, max_length=120)
    revisit_on = forms.DateField(
        label="Offer the lead again from",
        required=False,
        widget=date_input(),
        help_text="Gives the lead back to marketing to nurture. Blank: it stays lost.",
    )

    def __init__(self, *args: Any, deal: Deal, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": deal.version, "competitor": deal.competitor}
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        if isinstance(reason, forms.ModelChoiceField):
            reason.queryset = LostReason.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        super().clean()
        reason = self.cleaned_data.get("reason")
        if reason and reason.note_required and not self.cleaned_data.get("note", "").strip():
            self.add_error("note", f"“{reason}” needs a note.")
        return self.cleaned_data

    def clean_revisit_on(self) -> Any:
        day = self.cleaned_data["revisit_on"]
        if day and day <= localdate():
            raise forms.ValidationError("Choose a day to come.")
        return day


class ReopenForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    mistake = forms.BooleanField(
        label="It was closed by mistake",
        required=False,
        help_text="Reports then count neither the close nor the reopening.",
    )


class FactForm(MoneyForm):
    """The facts of a deal. A view keeps the fields of the one fact that is edited."""

    FACTS = {
        "name": ["name"],
        "amount": ["amount", "currency"],
        "close": ["close_on"],
        "owner": ["owner"],
        "competitor": ["competitor"],
        "notes": ["notes"],
    }

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = NameInput(max_length=200)
    close_on = forms.DateField(label="Expected close", required=False, widget=date_input())
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody")
    competitor = forms.CharField(max_length=120, required=False)
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, deal: Deal, fact: str, **kwargs: Any) -> None:
        initial = {
            "amount": write_money(deal.amount_minor, deal.currency),
            "currency": deal.currency,
            "version": deal.version,
            "name": deal.name,
            "close_on": deal.close_on,
            "owner": deal.owner_id,
            "competitor": deal.competitor,
            "notes": deal.notes,
        }
        super().__init__(*args, initial=initial, **kwargs)
        owner = self.fields["owner"]
        if isinstance(owner, forms.ModelChoiceField):
            sellers = {Role.REP, Role.SALES_MANAGER, Role.ADMIN}
            owner.queryset = User.objects.active().filter(role__in=sellers)
        kept = {*self.FACTS[fact], "version"}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]

    def changes(self) -> dict[str, Any]:
        """Return the changed fields as `services.edit` wants them."""
        found = {k: v for k, v in self.cleaned_data.items() if k != "version"}
        if "amount" in found:
            found["amount_minor"] = found.pop("amount")
        return found

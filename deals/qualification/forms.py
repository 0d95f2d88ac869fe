"""Asking what is known, alone or together with the deal that comes of it."""

from typing import Any

from django import forms
from django.forms import fields_for_model

from crm.activities.models import FollowUp
from crm.common.names import NameInput
from deals.forms import NO_STEP, MoneyForm, NextStepForm, StageChoice, date_input
from deals.models import PipelineStage
from deals.qualification.models import Qualification
from leads import companies
from leads.models import Lead, LeadQuerySet

WORDS = {
    "need": "Need",
    "budget": "Budget",
    "authority": "Authority",
    "timing": "Timing",
    "competitor": "Competitor",
    "notes": "Notes",
}
MOST_COLLEAGUES = 8


class QualificationForm(forms.Form):
    """Need, budget, authority, timing, competitor, notes, and the checklist. All may wait."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    checked = forms.MultipleChoiceField(
        label="Checklist", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, known: Qualification, checklist: list[str], **kwargs: Any
    ) -> None:
        """checklist: what there is to tick; ticks of other wordings stay as they are"""
        self.known, self.checklist = known, checklist
        initial = {field: getattr(known, field) for field in (*WORDS, "checked", "version")}
        kwargs["initial"] = initial | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        for name, label in WORDS.items():
            self.fields[name] = said_field(name, label)
        checked = self.fields["checked"]
        assert isinstance(checked, forms.MultipleChoiceField)
        checked.choices = [(text, text) for text in checklist]
        if not checklist:
            del self.fields["checked"]

    def said(self) -> dict[str, Any]:
        """Return what the form says, as `services.write` takes it."""
        data = self.cleaned_data
        others = [text for text in self.known.checked if text not in self.checklist]
        return {name: data[name] for name in WORDS} | {
            "checked": others + [text for text in self.checklist if text in data.get("checked", ())]
        }

    @property
    def seen_version(self) -> int:
        return self.cleaned_data.get("version") or 0


def said_field(name: str, label: str) -> forms.Field:
    """Return the form's field for one part, as the model has it."""
    field: forms.Field = fields_for_model(Qualification, [name])[name]
    field.label, field.widget = label, widget_of(name)
    return field


def widget_of(name: str) -> forms.Widget:
    if name == "competitor":
        return forms.TextInput()
    return forms.Textarea(attrs={"rows": 3 if name == "notes" else 2})


class ConvertForm(NextStepForm, MoneyForm, QualificationForm):
    """A lead is qualified and becomes a deal. Everything but the name has a default."""

    name = NameInput(label="Deal name", max_length=200)
    company = NameInput(
        max_length=200, required=False, help_text="An existing company of this name is taken."
    )
    stage = StageChoice()
    close_on = forms.DateField(label="Expected close", required=False, widget=date_input())
    people = forms.ModelMultipleChoiceField(
        Lead.objects.none(),
        label="Who else takes part",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, lead: Lead, colleagues: LeadQuerySet, **kwargs: Any) -> None:
        company = companies.of_lead(lead)
        kwargs.setdefault("initial", {"name": str(company or lead), "company": company})
        super().__init__(*args, **kwargs)
        self.fields["stage"].initial = PipelineStage.objects.filter(
            pipeline__is_active=True
        ).first()
        following = FollowUp.objects.open().filter(lead=lead, deal=None).order_by("due_at").first()
        if following:
            self.fields["kind"].initial = NO_STEP
            self.fields["kind"].help_text = f"“{following}” goes along."
        people = self.fields["people"]
        assert isinstance(people, forms.ModelMultipleChoiceField)
        people.queryset = colleagues
        if not colleagues.exists():
            del self.fields["people"]
        if lead.company:
            self.fields["company"].widget.attrs["readonly"] = True
            self.fields["company"].help_text = "The lead's company."
        elif company:
            self.fields["company"].help_text = "Known by the domain of the e-mail address."

"""What people fill in about leads and companies. Stage and score are missing: services own them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.apps import apps
from django_countries import countries

from crm.audit.models import Change as Edit
from crm.common.freshness import Change, FreshForm
from crm.common.names import NameInput
from crm.users.models import User
from leads import companies, writing
from leads.addresses import KINDS
from leads.duplicates import domain_of
from leads.models import Channel, Company, CompanySize, Lead, SavedView
from leads.normalising import BadValue, email_address
from leads.services import EDITABLE, LINKS
from leads.several import SeveralField

COUNTRIES = [("", "–"), *countries]


def rows_of(model: str) -> Any:
    """Return all rows of a model of a higher app."""
    return apps.get_model(model).objects.all()


class LeadForm(FreshForm, forms.Form):
    """The facts of a lead. Only a name or an e-mail address is needed."""

    name = NameInput(max_length=200, required=False)
    given_name = NameInput(max_length=200, required=False)
    family_name = NameInput(max_length=200, required=False)
    form_of_address = forms.CharField(
        max_length=60, required=False, help_text="Dr., Ms, Frau. Letters use it."
    )
    email: forms.Field = SeveralField(
        label="E-mail", longest=254, noun="e-mail address", kind="email", required=False
    )
    phone: forms.Field = SeveralField(longest=40, noun="phone number", kind="tel", required=False)
    job_title = forms.CharField(max_length=120, required=False)
    company = NameInput(max_length=200, required=False, help_text="A new name makes a new company.")
    country = forms.ChoiceField(choices=COUNTRIES, required=False)
    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_active=True), required=False, empty_label="–"
    )
    campaign: Any = forms.ModelChoiceField(None, required=False, empty_label="–")
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        user: User,
        lead: Lead | None = None,
        only: str = "",
    ) -> None:
        super().__init__(data, initial=self.facts_of(lead) if lead else None)
        self.lead, self.user = lead, user
        self.choose_rows()
        self.fields["company"].widget.attrs.update(list="companies", autocomplete="off")
        writing.leave_writable(self, user, writing.LEAD if lead else writing.NEW_LEAD)
        if only:
            self.fields = {only: in_place(self.fields[only], f"fact-{only}-edit")}

    @staticmethod
    def facts_of(lead: Lead) -> dict[str, Any]:
        plain = {name: getattr(lead, name) for name in LeadForm.base_fields}
        links = {name: getattr(lead, f"{name}_id") for name in ("channel", "campaign")}
        several = {kind.main: kind.of(lead) for kind in KINDS}
        return {**plain, **links, **several, "company": str(lead.company or "")}

    def record(self) -> Lead | None:
        return self.lead

    def change(self) -> Change:
        edits = Edit.objects.of_field(Lead, *EDITABLE).select_related("actor")
        last = edits.of(self.lead).first() if self.lead else None
        url = self.lead.get_absolute_url() if self.lead else ""
        return Change(last.actor or "Somebody", last.at, url) if last else Change(url=url)

    def choose_rows(self) -> None:
        campaign = self.fields["campaign"]
        assert isinstance(campaign, forms.ModelChoiceField)
        campaign.queryset = rows_of("campaigns.Campaign")

    def values(self) -> dict[str, Any]:
        """Return what the services take: the company's name becomes the company it means."""
        values = dict(self.cleaned_data)
        for kind in KINDS:
            if isinstance(given := values.get(kind.main), list):
                values[kind.main], values[kind.more] = next(iter(given), ""), given[1:]
        if "company" in values:
            values["company"] = self.company_of(values["company"], values.get("email", ""))
        return values

    def company_of(self, name: str, email: str) -> Company | None:
        if not name.strip():
            return None
        try:
            domain = domain_of(email_address(email))
        except BadValue:
            domain = ""
        return companies.match_or_create(name, domain, actor=self.user)

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Show what a service refused, beside the fields that it is about."""
        for field, text in errors.items():
            self.add_error(field if field in self.fields else None, text)


def in_place(field: forms.Field, id: str) -> forms.Field:
    """Dress a field that stands alone, without the form's layout.

    id: that of the button which opened it, so that the focus stays when one takes the other's place
    """
    chosen = isinstance(field.widget, forms.Select)
    look = "form-select form-select-sm" if chosen else "form-control form-control-sm"
    field.widget.attrs.update({"class": look, "data-autofocus": True, "id": id})
    return field


class NewLeadForm(LeadForm):
    """A lead entered by hand, named in one field; marketing also enters what it said about mail."""

    given_name = family_name = form_of_address = None  # type: ignore[assignment]

    email = forms.CharField(
        label="E-mail", max_length=254, required=False,
        widget=forms.TextInput(attrs={"type": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    refusal: Exception | None = None
    """Why the services refused it, if they did."""

    consent = forms.BooleanField(label="May receive marketing email", required=False)
    consent_source = forms.CharField(
        label="Where consent was given", max_length=200, required=False,
        help_text="Such as: at the fair",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("consent") and not str(data.get("consent_source", "")).strip():
            self.add_error("consent_source", "Say where consent was given.")
        return data


class ConsentForm(forms.Form):
    given = forms.BooleanField(label="May receive marketing email", required=False)
    source = forms.CharField(label="Where this was said", max_length=200)


class OwnerForm(forms.Form):
    """Who is to own these leads. Blank: nobody."""

    owner = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Nobody: back to the team's queue"
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, only: bool = False, **more: Any
    ) -> None:
        super().__init__(data, **more)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = User.objects.active().exclude(role="viewer").order_by("name")
        if only:
            in_place(owner, "fact-owner-edit")


class CompanyForm(FreshForm, forms.Form):
    name = NameInput(max_length=200)
    domain = forms.CharField(max_length=200, required=False, help_text="example.com")
    industry = forms.CharField(max_length=80, required=False)
    size = forms.ChoiceField(choices=[("", "–"), *CompanySize.choices], required=False)
    country = forms.ChoiceField(choices=COUNTRIES, required=False)
    phone = forms.CharField(max_length=40, required=False)
    owner = forms.ModelChoiceField(
        User.objects.active().exclude(role="viewer"), required=False, empty_label="Nobody",
        help_text="Leads of this company are offered to this person first.",
    )  # fmt: skip
    notes = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        user: User,
        company: Company | None = None,
    ) -> None:
        """company: the stored one, where one is edited"""
        present = {name: getattr(company, name) for name in self.base_fields} if company else None
        super().__init__(data, initial=present)
        self.company = company
        writing.leave_writable(self, user, writing.COMPANY)

    def record(self) -> Company | None:
        return self.company

    def refuse(self, errors: Mapping[str, str]) -> None:
        for field, text in errors.items():
            self.add_error(field if field in self.fields else None, text)


class SavedViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ["name"]


assert set(LINKS) < set(LeadForm.base_fields)

"""Naming a contact of a deal."""

from typing import Any

from django import forms

from crm.activities.forms import LeadPick, named
from crm.common.names import NameInput
from deals.models import DealContact
from leads.models import Lead
from leads.normalising import BadValue, email_address


class ContactForm(LeadPick):
    """A lead by name or address; an address that nobody has yet is a new person."""

    name = NameInput(
        label="Name of a new person",
        max_length=200,
        required=False,
        help_text="Only if the address is new to Tandem.",
    )
    role = forms.ChoiceField(label="Part in the deal", choices=DealContact.Part.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"].label = "Person"
        self.fields["lead"].help_text = "A lead's name, or an e-mail address"

    def clean_lead(self) -> Any:
        """Return the lead that is meant, or the address of a person nobody knows."""
        text = self.cleaned_data["lead"]
        if "@" in text and not named(Lead.objects.visible_to(self.user), text).exists():
            try:
                return email_address(text)
            except BadValue as fault:
                raise forms.ValidationError(str(fault)) from fault
        return super().clean_lead()

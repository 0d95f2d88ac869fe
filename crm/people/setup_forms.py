"""Forms of the first-run set-up, one for each screen after the organisation's."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from crm.people.forms import PasswordForm, clean_address
from crm.users.models import Role, User

SEATS = 3
"""Invitations that the set-up offers; the list of people takes any number later."""


class YouForm(PasswordForm):
    """The first administrator."""

    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    field_order = ("name", "email", "password")

    def clean_email(self) -> str:
        email = clean_address(self.cleaned_data["email"]) or ""
        if User.objects.filter(email=email).exists():
            raise ValidationError("Somebody has this address already.")
        return email


class TeamAndInvitationsForm(forms.Form):
    """A first team, and who is invited. All of it may stay empty."""

    team = forms.CharField(
        required=False, max_length=80, label="Name of your sales team", initial="Sales"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for seat in range(SEATS):
            self.fields[f"email_{seat}"] = forms.EmailField(
                required=False,
                label=f"E-mail of person {seat + 1}" if seat else "Invite, by e-mail",
            )
            self.fields[f"role_{seat}"] = forms.ChoiceField(
                required=False,
                choices=Role.choices,
                label=f"Role of person {seat + 1}" if seat else "As",
                initial=[Role.REP, Role.MARKETER, Role.SALES_MANAGER][seat],
            )

    @property
    def seats(self) -> list[dict[str, forms.BoundField]]:
        return [{"email": self[f"email_{n}"], "role": self[f"role_{n}"]} for n in range(SEATS)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        seen: set[str] = set()
        for seat in range(SEATS):
            email = (values.get(f"email_{seat}") or "").lower()
            if email and (email in seen or User.objects.filter(email=email).exists()):
                self.add_error(f"email_{seat}", "Somebody has this address already.")
            seen.add(email)
        return values

    def invitations(self) -> list[tuple[str, str]]:
        """Return address and role of everybody to be invited."""
        rows = ((self.cleaned_data[f"email_{n}"], f"role_{n}") for n in range(SEATS))
        return [(email, self.cleaned_data[role] or Role.VIEWER) for email, role in rows if email]

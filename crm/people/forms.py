"""Forms about people: who they are, what they may, when they are away."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from crm.common.freshness import FreshForm
from crm.common.names import NameInput
from crm.users.models import USUAL_SCOPE, Absence, Role, Scope, Team, User
from crm.users.permissions import may_grant

ODD = set('"<>()=,;\\ ')
"""Characters that mail addresses may hold in theory, and forgeries hold in practice."""

WORK_HELP = {
    "capacity": "At this number of unanswered leads no more come.",
    "weight": "In the round robin 2 gets twice as many as 1; 0 gets none.",
}

DAY = forms.DateInput(attrs={"type": "date"})


@cache
def zones(blank: str) -> list[tuple[str, str]]:
    """Return the time zones to choose from; `blank` are the words for none."""
    names = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
    return [("", blank), *((name, name.replace("_", " ")) for name in names)]


def clean_address(email: str | None) -> str | None:
    """Return the address in lower case, None for none. Raises ValidationError for odd ones."""
    if not email:
        return None
    if not email.isascii() or ODD & set(email):
        raise ValidationError("Use a plain address such as ana@example.com.")
    return email.lower()


class PersonForm(FreshForm, forms.ModelForm):
    """Who a person is and what he may. Only roles that the actor may grant are offered."""

    class Meta:
        model = User
        fields = ("name", "email", "role", "scope", "team", "capacity", "weight", "time_zone")
        labels = {
            "email": "E-mail",
            "scope": "Sees",
            "capacity": "Leads that may wait",
            "weight": "Share of the leads",
        }
        help_texts = WORK_HELP

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = not self.instance.external_id
        granted = [role for role in Role if may_grant(actor, role)]
        self.fields["role"] = forms.ChoiceField(choices=[(r.value, r.label) for r in granted])
        self.fields["team"] = forms.ModelChoiceField(
            Team.objects.all(), required=False, empty_label="No team"
        )
        self.initial.setdefault("role", Role.REP)
        self.fields["scope"] = forms.ChoiceField(
            label="Sees",
            required=False,
            choices=[("", "What is usual for the role"), *Scope.choices],
            help_text="Whose leads and deals. Usual: reps own, sales managers team, others all.",
        )
        self.fields["time_zone"] = forms.ChoiceField(
            required=False, choices=zones("The organisation's")
        )

    def clean_email(self) -> str | None:
        return clean_address(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if role := values.get("role"):
            values["scope"] = values.get("scope") or USUAL_SCOPE.get(Role(role), Scope.ALL)
        return values


class WorkForm(FreshForm, forms.ModelForm):
    """How much work a person takes: what his manager plans."""

    class Meta:
        model = User
        fields = ("capacity", "weight")
        labels = {"capacity": "Leads that may wait", "weight": "Share of the leads"}
        help_texts = WORK_HELP


class AbsenceForm(forms.ModelForm):
    class Meta:
        model = Absence
        fields = ("first_day", "last_day")
        widgets = {"first_day": DAY, "last_day": DAY}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "The last day is before the first.")
        return values


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("name",)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Team.objects.exclude(pk=self.instance.pk).annotate(low=Lower("name"))
        if others.filter(low=name.lower()).exists():
            raise ValidationError("There is a team of this name.")
        return name


class ProfileForm(forms.ModelForm):
    """What everybody decides for himself."""

    class Meta:
        model = User
        fields = ("name", "time_zone", "theme", "single_keys")
        help_texts = {
            "single_keys": "Letters such as L for “log a call”. ⌘K and Esc work either way."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(
            required=False, choices=zones("The organisation's")
        )


class PasswordForm(forms.Form):
    """A name and a new password, as an invitation asks for them."""

    name = NameInput(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters; not a common word, not only digits.",
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if password := values.get("password"):
            user = self.user or User(email=values.get("email"), name=values.get("name", ""))
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.add_error("password", error)
        return values


class PeopleFilter(forms.Form):
    """What the list of people can be narrowed by."""

    ACCESS = {"active": "Active", "invited": "Invited", "none": "No log-in", "off": "Switched off"}

    q = forms.CharField(
        required=False, label="Search", widget=forms.TextInput({"placeholder": "Name or e-mail"})
    )
    role = forms.ChoiceField(required=False, choices=[("", "Any role"), *Role.choices])
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team")
    access = forms.ChoiceField(
        required=False, label="Log-in", choices=[("", "Any log-in"), *ACCESS.items()]
    )


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    """Known or not, the answer is the same; a link goes only to those who have a password."""

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users: list[User] = [user for user in self.users if user.can_log_in]
        return email


class ChangePasswordForm(AllauthChangePasswordForm):  # type: ignore[misc]
    """Without the way round the old password that allauth offers beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""

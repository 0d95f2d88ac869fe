"""Logging what happened and planning what comes next, in one form."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate, localtime, make_aware

from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep
from crm.common import parameters
from crm.common.names import NameInput
from crm.users.models import User
from leads.models import Lead, LeadQuerySet

WHEN = {"type": "datetime-local"}
FORMAT = "%Y-%m-%dT%H:%M"
MET = ("minutes", "meeting_kind", "place", "at")
ASKED = {
    Activity.Kind.NOTE: (),
    Activity.Kind.CALL: ("outcome", "minutes", "at"),
    Activity.Kind.EMAIL: ("at",),
    Activity.Kind.MEETING: MET,
    Activity.Kind.DEMO: ("shown", "reaction", *MET),
    Activity.Kind.NEGOTIATION: MET,
}
"""What is asked of an activity by its kind, beside its text and the next step."""

MEETINGS = [("", "–"), *Activity.MeetingKind.choices]
REMINDERS = [
    ("", "No reminder"), ("0", "When it begins"), ("10", "10 minutes before"),
    ("30", "30 minutes before"), ("60", "An hour before"), ("1440", "A day before"),
]  # fmt: skip


def next_morning() -> datetime:
    """Return nine o'clock on the next day from Monday to Friday."""
    day = localdate() + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return make_aware(datetime.combine(day, time(9)), localtime().tzinfo)


class NextStepForm(forms.Form):
    """What comes next: a kind and a time, or nothing."""

    next_kind = forms.ChoiceField(
        label="Next step", choices=[("", "No next step"), *Activity.Kind.choices], required=False
    )
    next_due = forms.DateTimeField(
        label="When", required=False, initial=next_morning,
        widget=forms.DateTimeInput(attrs=WHEN, format=FORMAT),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("next_kind") and not data.get("next_due") and "next_due" not in self.errors:
            self.add_error("next_due", "Say when.")
        return data

    def next_step(self) -> NextStep | None:
        """Return the step that was chosen, None for none."""
        if not self.cleaned_data.get("next_kind"):
            return None
        return NextStep(
            Activity.Kind(self.cleaned_data["next_kind"]), self.cleaned_data["next_due"]
        )


class LogForm(NextStepForm):
    """One activity. What it asks depends on its kind: only a call has an outcome."""

    text = forms.CharField(
        label="What happened", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    outcome = forms.ChoiceField(
        choices=[("", "Choose…"), *Activity.Outcome.choices],
        error_messages={"required": "Say how the call went."},
    )
    shown = forms.CharField(label="What was shown", max_length=300, required=False)
    reaction = forms.ChoiceField(choices=[("", "–"), *Activity.Reaction.choices], required=False)
    minutes = forms.IntegerField(required=False, min_value=0, max_value=1440)
    meeting_kind = forms.ChoiceField(label="How you met", choices=MEETINGS, required=False)
    place = forms.CharField(label="Place or link", max_length=300, required=False)
    at = forms.DateTimeField(
        label="When it was", required=False, help_text="Blank: now",
        widget=forms.DateTimeInput(attrs=WHEN, format=FORMAT),
    )  # fmt: skip

    field_order = ["outcome", "text"]

    def __init__(self, kind: Activity.Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for name in {name for names in ASKED.values() for name in names} - {*ASKED[kind]}:
            del self.fields[name]
        if "outcome" in self.fields:
            self.fields["outcome"].widget.attrs["data-autofocus"] = ""
        label = "Note" if kind == Activity.Kind.NOTE else f"About the {kind.label.lower()}"
        self.fields["text"].widget.attrs["placeholder"] = label

    def without_next_step(self) -> None:
        """Ask only of the activity itself: what comes next was planned when it was logged."""
        for name in ("next_kind", "next_due"):
            del self.fields[name]

    @staticmethod
    def of(activity: Activity) -> dict[str, Any]:
        """Return what an activity fills in, to be corrected."""
        return {
            name: getattr(activity, name) for name in ("text", *ASKED[Activity.Kind(activity.kind)])
        }

    def facts(self) -> dict[str, Any]:
        """Return what was said of the activity itself, without the next step."""
        given = {name: self.cleaned_data[name] for name in ASKED[self.kind]}
        return {**given, "text": self.cleaned_data["text"]}

    def details(self) -> list[forms.BoundField]:
        """Return what is asked of this kind, for the composer."""
        return [self[name] for name in ASKED[self.kind]]

    def values(self) -> dict[str, Any]:
        """Return what `services.log_activity` takes."""
        return {**self.facts(), "next_step": self.next_step()}


class FollowUpForm(forms.Form):
    """What is to be done, and when."""

    kind = forms.ChoiceField(choices=Activity.Kind.choices, initial=Activity.Kind.CALL)
    title = NameInput(
        max_length=200, required=False, help_text="Blank: the usual, such as “Call Ana”"
    )
    due_at = forms.DateTimeField(
        label="When", initial=next_morning,
        widget=forms.DateTimeInput(attrs=WHEN, format=FORMAT),
    )  # fmt: skip

    all_day = forms.BooleanField(label="All day", required=False)
    minutes = forms.IntegerField(
        label="Minutes", required=False, min_value=0, max_value=1440, help_text="How long it takes"
    )
    meeting_kind = forms.ChoiceField(label="How you meet", choices=MEETINGS, required=False)
    place = forms.CharField(label="Place or link", max_length=300, required=False)
    invite = forms.BooleanField(
        label="Invite the lead by mail", required=False, help_text="With a file for the calendar"
    )
    remind_minutes = forms.TypedChoiceField(
        label="Reminder", choices=REMINDERS, required=False, coerce=int, empty_value=None
    )
    repeats = forms.ChoiceField(
        label="Repeat", choices=[("", "Once"), *FollowUp.Repeats.choices], required=False
    )
    repeat_until = forms.DateField(
        label="Repeat until", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Blank: without end",
    )  # fmt: skip

    MORE = ("minutes", "meeting_kind", "place", "invite", "remind_minutes", "repeats",
            "repeat_until")  # fmt: skip

    @staticmethod
    def of(follow_up: FollowUp) -> dict[str, Any]:
        names = set(FollowUpForm.base_fields) - {"all_day", "invite"}
        return {
            **{name: getattr(follow_up, name) for name in names},
            "due_at": follow_up.begins_at,
            "all_day": follow_up.day is not None,
            "invite": bool(follow_up.guest),
        }

    def usual(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.MORE]

    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.MORE]

    def is_open(self) -> bool:
        """Say whether what is asked less often has something to show."""
        return any(field.errors or field.value() for field in self.more())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        day = localdate(data["due_at"]) if data.get("due_at") else None
        if data.get("repeat_until") and not data.get("repeats"):
            self.add_error("repeats", "Say how often.")
        if day and data.get("repeat_until") and data["repeat_until"] < day:
            self.add_error("repeat_until", "This is before it begins.")
        if data.get("invite") and data.get("repeats"):
            self.add_error("invite", "An invitation is to one meeting, not to a series.")
        return data

    def check_guest(self, lead: Lead) -> bool:
        """Say whether `lead` can be invited, if that is wished."""
        if self.cleaned_data["invite"] and not lead.email:
            self.add_error("invite", f"{lead} has no e-mail address.")
            return False
        return True

    def step(self) -> NextStep:
        data = self.cleaned_data
        return NextStep(
            Activity.Kind(data["kind"]),
            data["due_at"],
            data["title"],
            day=localdate(data["due_at"]) if data["all_day"] else None,
            **{name: data[name] for name in self.MORE},
        )


class LeadPick(forms.Form):
    """Choosing a lead by typing: a name, an address, or a suggestion that ends in its number."""

    lead = forms.CharField(
        max_length=300,
        widget=forms.TextInput(attrs={"list": "lead-options", "autocomplete": "off"}),
        help_text="Name or e-mail address",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_lead(self) -> Lead:
        found = list(named(Lead.objects.visible_to(self.user), self.cleaned_data["lead"])[:2])
        if not found:
            raise forms.ValidationError("No lead that you see has this name or address.")
        if len(found) > 1:
            raise forms.ValidationError("Several leads match. Choose one of the suggestions.")
        return found[0]


def named(leads: LeadQuerySet, text: str) -> LeadQuerySet:
    """Return the leads that `text` means: one by its number, one by its address, or a search."""
    _, _, number = text.rpartition("#")
    if text != number and (key := parameters.whole_number(number)) is not None:
        return leads.filter(pk=key)
    by_address = leads.with_address(text.strip())
    return by_address if by_address.exists() else leads.search(text)

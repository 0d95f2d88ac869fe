"""One small form for each kind of step; its `settings` are what the step keeps."""

from typing import Any, ClassVar

from django import forms

from campaigns.newsletters.services import FIELDS
from campaigns.segments.models import Segment
from campaigns.sequences.conditions import SCORE, SEGMENT
from campaigns.sequences.forms import condition_choices, read_condition
from campaigns.sequences.models import Step
from campaigns.sequences.steps import LEAD_OWNER, NAMED, SEQUENCE_OWNER
from campaigns.sequences.waiting import HOURS, MOST, UNITS
from crm.activities.models import Activity
from crm.common.names import NameInput
from crm.mailing import merging
from crm.mailing.blocks import LONGEST, cleaned
from crm.users.models import Role, User

SCORES = range(10, 101, 10)


class StepForm(forms.Form):
    """step: the one that is changed, None for a new one"""

    kind: ClassVar[Step.Kind]
    template: ClassVar[str] = "sequences/_step_form.html"
    segment: Segment | None = None

    def __init__(self, *args: Any, step: Step | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", self.read(step) if step else {})
        super().__init__(*args, **kwargs)

    def read(self, step: Step) -> dict[str, Any]:
        """Return the values of the fields for the settings of `step`."""
        return dict(step.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that were typed."""
        return self.cleaned_data


class WaitForm(StepForm):
    kind = Step.Kind.WAIT

    amount = forms.IntegerField(label="How long", min_value=1, max_value=MOST, initial=2)
    unit = forms.ChoiceField(label="Unit", choices=list(UNITS.items()), initial="days")
    at = forms.TimeField(
        label="Until this time of day",
        required=False,
        help_text="By the organisation's clock. Blank: the same time as the step before.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("at") and data.get("unit") == HOURS:
            self.add_error("at", "A wait of hours ends when the hours are over.")
        return data

    @property
    def settings(self) -> dict[str, Any]:
        at = self.cleaned_data["at"]
        return {**self.cleaned_data, "at": f"{at:%H:%M}" if at else ""}


class EmailForm(StepForm):
    """A short letter and, if wanted, a button under it."""

    kind = Step.Kind.EMAIL
    template = "sequences/_email_form.html"

    subject = NameInput(max_length=200)
    text = forms.CharField(
        label="Text",
        max_length=LONGEST,
        help_text="Markdown. {{ first_name | there }} becomes the lead's first name.",
        widget=forms.Textarea(attrs={"rows": 9}),
    )
    button_text = forms.CharField(label="Button", required=False, max_length=80)
    button_url = forms.URLField(
        label="Button's address", required=False, max_length=1000, assume_scheme="https"
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("subject", "text"):
            if odd := sorted(merging.unknown(data.get(name) or "", FIELDS)):
                known = ", ".join(FIELDS)
                self.add_error(name, f"Nobody has “{odd[0]}”. There are: {known}.")
        if bool(data.get("button_text")) != bool(data.get("button_url")):
            self.add_error("button_text", "A button needs both words and an address.")
        return data

    def read(self, step: Step) -> dict[str, Any]:
        told: dict[str, Any] = {"subject": step.settings.get("subject", "")}
        for block in step.settings.get("blocks", []):
            if block["kind"] == "text":
                told.setdefault("text", block["text"])
            if block["kind"] == "button":
                told |= {"button_text": block["text"], "button_url": block["url"]}
        return told

    @property
    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        blocks = [{"kind": "text", "text": data["text"]}]
        if data["button_url"]:
            button = {"kind": "button", "text": data["button_text"], "url": data["button_url"]}
            blocks.append(button)
        return {"subject": data["subject"], "blocks": cleaned(blocks)}


class FollowUpForm(StepForm):
    kind = Step.Kind.FOLLOW_UP

    act = forms.ChoiceField(label="What", choices=Activity.Kind.choices)
    title = NameInput(
        required=False, max_length=200, help_text="Blank: “Call Ana Costa” and the like."
    )
    whose = forms.ChoiceField(
        label="For", help_text="Where the lead has no owner, the owner of the sequence gets it."
    )
    days = forms.IntegerField(
        label="Due within working days", min_value=0, max_value=90, initial=1,
        help_text="0: the same day.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.active().exclude(role=Role.VIEWER)
        named = [(f"{NAMED}:{pk}", name) for pk, name in people.values_list("pk", "name")]
        self.fields["whose"].choices = [  # type: ignore[attr-defined]
            (LEAD_OWNER, "The lead's owner"),
            (SEQUENCE_OWNER, "The owner of this sequence"),
            ("Somebody", named),
        ]

    def read(self, step: Step) -> dict[str, Any]:
        told = step.settings
        whose = told.get("for", LEAD_OWNER)
        named = f"{NAMED}:{told.get('user')}" if whose == NAMED else whose
        return {**told, "act": told.get("kind"), "whose": named}

    @property
    def settings(self) -> dict[str, Any]:
        data = self.cleaned_data
        whose, _, user = data["whose"].partition(":")
        return {
            "kind": data["act"],
            "title": data["title"],
            "days": data["days"],
            "for": whose,
            "user": int(user) if user else None,
        }


class BranchForm(StepForm):
    kind = Step.Kind.BRANCH

    asks = forms.ChoiceField(
        label="If the lead", help_text="Stages and responses count since it entered."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scores = [(f"{SCORE}:{points}", f"{points} or more") for points in SCORES]
        self.fields["asks"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"), *condition_choices(), ("Has a score of", scores),
        ]  # fmt: skip

    def read(self, step: Step) -> dict[str, Any]:
        kind = step.settings.get("condition", "")
        value = step.segment_id if kind == SEGMENT else step.settings.get(kind)
        return {"asks": f"{kind}:{value}"}

    @property
    def settings(self) -> dict[str, Any]:
        chosen = read_condition(self.cleaned_data["asks"])
        self.segment = chosen.pop(SEGMENT, None)
        return chosen


class ExitForm(StepForm):
    kind = Step.Kind.EXIT

    goal = forms.BooleanField(required=False, label="Counts as goal reached")


FORMS: dict[str, type[StepForm]] = {
    form.kind: form for form in (WaitForm, EmailForm, FollowUpForm, BranchForm, ExitForm)
}

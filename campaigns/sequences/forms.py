"""What a marketer types: a sequence with its entry and goal, and each kind of step."""

from typing import Any

from django import forms
from django.utils.timezone import localtime, now

from campaigns.models import Campaign, Touch
from campaigns.picking import LeadNotFound, find_lead
from campaigns.segments.models import Segment
from campaigns.sequences.conditions import SCORE, SEGMENT, STAGE, TOUCH
from campaigns.sequences.models import Sequence
from crm.funnel.models import Reason
from crm.stages import PATH
from crm.users.models import User
from crm.users.permissions import MARKETING
from leads.models import Lead

Choices = list[tuple[str, Any]]
GIVES_BACK = (Reason.ReturnPath.NURTURE, Reason.ReturnPath.ENRICH)


def condition_choices() -> Choices:
    """Return what a lead can reach, in groups: “stage:mql”, “touch:form”, “segment:3”."""
    return [
        ("Reaches a stage", [(f"{STAGE}:{stage}", stage.label) for stage in PATH[1:]]),
        ("Responds", [(f"{TOUCH}:{kind}", kind.label) for kind in Touch.Kind]),
        (
            "Is in a segment",
            [(f"{SEGMENT}:{pk}", name) for pk, name in Segment.objects.values_list("pk", "name")],
        ),
    ]


def read_condition(word: str) -> dict[str, Any]:
    """Return {"condition", and "stage", "touch", "segment" or "score"} of a chosen word."""
    kind, _, value = word.partition(":")
    read: Any = value
    if kind == SEGMENT:
        read = Segment.objects.filter(pk=value).first()
    elif kind == SCORE:
        read = int(value)
    return {"condition": kind, kind: read}


class ReasonsField(forms.ModelMultipleChoiceField):
    """“Other” is a reason to reject and one to recycle: say which."""

    def label_from_instance(self, obj: Reason) -> str:
        return f"{obj} ({obj.get_use_display().lower()})"


class SequenceForm(forms.ModelForm):
    """Who enters, what for, and whose it is. Steps and state have services of their own."""

    goal = forms.ChoiceField(required=False, help_text="Who reaches it leaves, at whatever step.")
    entry_reasons = ReasonsField(
        Reason.objects.none(),
        required=False,
        label="Enters when sales gives it back for",
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Sequence
        fields = [
            "name", "entry_segment", "entry_reasons", "entry_on_revisit", "enters_again",
            "allow_second_mail_a_day", "campaign", "owner",
        ]  # fmt: skip
        labels = {
            "entry_segment": "Enters by segment",
            "entry_on_revisit": "… or when a lost deal is to be revisited",
            "enters_again": "A lead that comes back again walks through again",
            "allow_second_mail_a_day": "May send a second marketing mail on one day",
        }
        help_texts = {
            "entry_segment": "Its members enter by themselves, each once.",
            "entry_on_revisit": "",
            "enters_again": "",
            "allow_second_mail_a_day": "Otherwise a mail waits for the next day.",
            "campaign": "Clicks in its mails count for this campaign.",
            "owner": "Gets the follow-ups of leads that nobody owns.",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial.setdefault("owner", user)
        self.fields["goal"].choices = [("", "No goal"), *condition_choices()]  # type: ignore[attr-defined]
        self.initial["goal"] = goal_word(self.instance)
        returns = Reason.objects.filter(is_active=True, return_path__in=GIVES_BACK)
        self.fields["entry_reasons"].queryset = returns  # type: ignore[attr-defined]
        owners = User.objects.active().filter(role__in=MARKETING)
        if self.instance.owner_id:
            owners = owners | User.objects.filter(pk=self.instance.owner_id)
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.order_by("name")  # type: ignore[attr-defined]
        blanks = {"entry_segment": "No segment", "owner": "No owner", "campaign": "No campaign"}
        for name, words in blanks.items():
            self.fields[name].empty_label = words  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Write the goal into the columns that keep it."""
        data = super().clean() or self.cleaned_data
        chosen = read_condition(data["goal"]) if data.get("goal") else {"condition": ""}
        held = self.instance
        held.goal = chosen["condition"]
        held.goal_stage, held.goal_touch = chosen.get(STAGE, ""), chosen.get(TOUCH, "")
        held.goal_segment = chosen.get(SEGMENT)
        return data


def goal_word(sequence: Sequence) -> str:
    """Return the choice that stands for the goal of `sequence`, "" for none."""
    values: dict[str, Any] = {
        STAGE: sequence.goal_stage,
        TOUCH: sequence.goal_touch,
        SEGMENT: sequence.goal_segment_id,
    }
    return f"{sequence.goal}:{values[sequence.goal]}" if sequence.goal else ""


class AddForm(forms.Form):
    """Into which sequence the chosen leads go."""

    sequence = forms.ModelChoiceField(Sequence.objects.none(), empty_label="Choose a sequence")
    again = forms.BooleanField(required=False, label="Also who has walked through it before")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sequence"].queryset = Sequence.objects.taking()  # type: ignore[attr-defined]


class DryRunForm(forms.Form):
    """With whom a sequence is rehearsed, and from when."""

    lead = forms.CharField(
        label="Lead",
        max_length=250,
        help_text="Name, e-mail address or number of a lead.",
        widget=forms.TextInput(attrs={"list": "dry-run-leads", "autocomplete": "off"}),
    )
    at = forms.DateTimeField(
        label="Enters at",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.initial.setdefault("at", localtime(now()))

    def clean_lead(self) -> Lead:
        try:
            found = find_lead(self.cleaned_data["lead"], self.user)
        except LeadNotFound as fault:
            raise forms.ValidationError(str(fault)) from fault
        if isinstance(found, str):
            raise forms.ValidationError("No lead has this address.")
        return found

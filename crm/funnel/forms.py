"""What the pages of the funnel ask: answers, verdicts, and the settings of the handoff."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from crm.common import parameters
from crm.common.freshness import Change, FreshForm
from crm.funnel.models import Handoff, MqlDefinition, Offering, Reason, RoutingRule, Verdict
from crm.users.models import Team, User
from leads.duplicates import duplicates_of, for_user
from leads.models import Channel, CompanySize, Lead, LeadQuerySet

PATHS = {
    Reason.ReturnPath.NURTURE: "back to nurture",
    Reason.ReturnPath.ENRICH: "marketing completes the data",
    Reason.ReturnPath.REROUTE: "offered to another rep",
    Reason.ReturnPath.CLOSE: "out of the funnel for good",
}
WRONG_PATH = {
    Reason.Use.REJECT: "A rejected lead is not sent back to nurture. Choose another return path, "
    "or use the reason to recycle.",
    Reason.Use.RECYCLE: "A recycled lead goes back to nurture and nowhere else. Choose “Back to "
    "nurture”, or use the reason to reject.",
}
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ReasonChoices(forms.RadioSelect):
    """Reasons to choose from; those that ask of whom say so, for the page to ask."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if getattr(value, "instance", None) and value.instance.asks_whom:
            option["attrs"]["data-asks-whom"] = True
        return option


class ReasonField(forms.ModelChoiceField):
    """One of the active reasons for a use, each with where it sends the lead."""

    widget = ReasonChoices

    def __init__(self, use: Reason.Use, **kwargs: Any) -> None:
        self.use = use
        super().__init__(Reason.objects.none(), empty_label=None, label="Reason", **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} – {PATHS[Reason.ReturnPath(obj.return_path)]}"


class LeadInput(forms.TextInput):
    """A lead by name, address or number, with those suggested that may be meant."""

    suggested: Sequence[Lead] = ()

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        attrs = {"list": f"{name}-suggested", "autocomplete": "off", **kwargs.pop("attrs", {})}
        options = format_html_join(
            "", '<option value="{} #{}">', ((o, o.pk) for o in self.suggested)
        )
        field = super().render(name, value, attrs=attrs, **kwargs)
        return format_html('{}<datalist id="{}-suggested">{}</datalist>', field, name, options)


def named_lead(leads: LeadQuerySet, text: str) -> Lead | None:
    """Return the one lead that the text means: “Ana Costa #12”, an address, or a name."""
    _, mark, number = text.rpartition("#")
    if mark and number.isdecimal() and len(number) < 18:
        return leads.filter(pk=int(number)).first()
    for rows in (leads.with_address(text), leads.search(text)):
        found = list(rows[:2])
        if found:
            return found[0] if len(found) == 1 else None
    return None


class AnswerForm(forms.Form):
    """Why sales gives a lead back."""

    reason = ReasonField(Reason.Use.REJECT, error_messages={"required": "Choose a reason."})
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, lead: Lead, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead, self.user = lead, user
        field = self.fields["reason"]
        assert isinstance(field, ReasonField)
        field.queryset = self.reasons(Reason.objects.filter(is_active=True, use=field.use))
        if field.queryset.filter(asks_whom=True).exists():
            self.fields["duplicate_of"] = self.duplicate_field()
            self.order_fields(["reason", "duplicate_of"])

    def duplicate_field(self) -> forms.CharField:
        """Return the field that asks of whom the lead is a duplicate."""
        lead = self.lead
        alike = duplicates_of(
            name=lead.name, email=lead.email or "", phone=lead.phone, company=lead.company,
            but=lead.pk,
        )  # fmt: skip
        widget = LeadInput()
        widget.suggested = [each.lead for each, seen in for_user(alike, self.user) if seen]
        return forms.CharField(
            label="Duplicate of", required=False, max_length=300, widget=widget,
            help_text="The lead that stays, by name or address.",
        )  # fmt: skip

    def clean_duplicate_of(self) -> Lead | None:
        text, reason = self.cleaned_data["duplicate_of"].strip(), self.cleaned_data.get("reason")
        if reason is None or not reason.asks_whom:
            return None
        if not text:
            raise forms.ValidationError("Say of whom this lead is a duplicate.")
        others = Lead.objects.visible_to(self.user).exclude(pk=self.lead.pk)
        found = named_lead(others, text)
        if found is None:
            raise forms.ValidationError("No single lead that you see has this name or address.")
        return found

    def reasons(self, active: QuerySet[Reason]) -> QuerySet[Reason]:
        return active

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        reason = cleaned.get("reason")
        if reason and reason.note_required and not cleaned.get("note", "").strip():
            self.add_error("note", f"“{reason}” needs a note.")
        return cleaned


class RejectForm(AnswerForm):
    """The lead is not right: rejected before contact."""


class RecycleForm(AnswerForm):
    """The lead is right, but not now."""

    reason = ReasonField(Reason.Use.RECYCLE, error_messages={"required": "Choose a reason."})
    revisit_on = forms.DateField(
        label="Offer again from",
        required=False,
        widget=DAY,
        help_text="Blank: when the cool-down of the reason is over.",
    )
    field_order = ["reason", "revisit_on", "note"]


class DisqualifyForm(AnswerForm):
    """The lead will never buy."""

    def reasons(self, active: QuerySet[Reason]) -> QuerySet[Reason]:
        return active.filter(return_path=Reason.ReturnPath.CLOSE)


class RepField(forms.ModelChoiceField):
    """A rep who can log in, with how many leads wait for him."""

    def label_from_instance(self, obj: Any) -> str:
        team = f", {obj.team}" if obj.team else ""
        return f"{obj}{team} – {obj.n_waiting} of {obj.capacity} waiting"


class ReassignForm(forms.Form):
    """To whom a manager gives a waiting handoff."""

    rep = RepField(User.objects.none(), empty_label="Choose…")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rep"]
        assert isinstance(field, RepField)
        waiting = Count("handoffs", filter=Q(handoffs__outcome=Handoff.Outcome.WAITING))
        field.queryset = User.objects.sellers().select_related("team").annotate(n_waiting=waiting)


class DisputeForm(forms.Form):
    """Why marketing thinks that a verdict is wrong."""

    note = forms.CharField(
        label="Why is the verdict wrong?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why the verdict is wrong."},
    )


class RulingForm(forms.Form):
    """A manager's decision on a dispute."""

    ruling = forms.ChoiceField(choices=Verdict.Ruling.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


# Settings -----------------------------------------------------------------------------------------


class DefinitionForm(FreshForm, forms.ModelForm):
    """A new version of what makes a lead marketing-qualified, made from the one in force."""

    required_fields = forms.MultipleChoiceField(
        choices=list(MqlDefinition.REQUIRABLE.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="Fields that must be filled",
    )
    threshold = forms.IntegerField(
        min_value=1, max_value=100, help_text="Score, 1 to 100, from which a lead is offered."
    )
    note = forms.CharField(
        label="Why this change?", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    class Meta:
        model = MqlDefinition
        fields = ["threshold", "required_fields", "consent", "note"]

    def record(self) -> MqlDefinition:
        return MqlDefinition.current()

    def change(self) -> Change:
        current = MqlDefinition.current()
        who = current.created_by or "Somebody"
        return Change(who, current.created_at, reverse("funnel:definition"))


class OfferingForm(forms.Form):
    """What happens to the leads that become ready because of this change."""

    offering = forms.ChoiceField(
        label="Leads that become ready",
        choices=Offering.choices,
        widget=forms.RadioSelect,
        initial=Offering.ALL,
        required=False,
        help_text="A lead that is held back is offered as soon as it responds again.",
    )
    a_day = forms.IntegerField(
        label="Leads each working day", min_value=1, max_value=10_000, initial=20, required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        unsaid = not cleaned.get("a_day") and "a_day" not in self.errors
        if cleaned.get("offering") == Offering.DAILY and unsaid:
            self.add_error("a_day", "Say how many leads to offer each working day.")
        return cleaned

    @property
    def choice(self) -> dict[str, Any]:
        """The valid answer as `offering` and `a_day`."""
        return {
            "offering": self.cleaned_data["offering"] or Offering.ALL,
            "a_day": self.cleaned_data["a_day"] or 0,
        }


class ReasonForm(FreshForm, forms.ModelForm):
    """Why sales may give a lead back."""

    class Meta:
        model = Reason
        fields = [
            "name", "use", "return_path", "cool_down_days", "side", "note_required", "no_consent",
            "asks_whom", "is_active",
        ]  # fmt: skip
        labels = {"is_active": "In use", "note_required": "A note must be written"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        use, path = cleaned.get("use"), cleaned.get("return_path")
        if use and path and (use == Reason.Use.RECYCLE) != (path == Reason.ReturnPath.NURTURE):
            self.add_error("return_path", WRONG_PATH[use])
        if cleaned.get("is_active") and cleaned.get("name", "").lower() in self.names_in_use():
            self.add_error("name", "Another reason in use has this name. Choose a different one.")
        return cleaned

    def names_in_use(self) -> set[str]:
        others = Reason.objects.filter(is_active=True).exclude(pk=self.instance.pk)
        return {name.lower() for name in others.values_list("name", flat=True)}


class RoutingRuleForm(FreshForm, forms.ModelForm):
    """Conditions, and the team or rep that they lead to."""

    industries = forms.CharField(
        required=False, help_text="As companies name theirs, separated by commas."
    )
    sizes = forms.MultipleChoiceField(
        choices=CompanySize.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    channels = forms.ModelMultipleChoiceField(
        Channel.objects.filter(is_active=True),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="No team")
    rep = forms.ModelChoiceField(
        User.objects.reps(),
        required=False,
        empty_label="No particular rep",
        help_text="If he is away or has no capacity, his team’s round robin decides.",
    )

    class Meta:
        model = RoutingRule
        fields = ["name", "countries", "industries", "sizes", "channels", "team", "rep"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["industries"] = ", ".join(self.instance.industries)
        self.fields["countries"].widget.attrs["size"] = 6

    def clean_industries(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["industries"].split(",") if name.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("team") and not cleaned.get("rep"):
            raise ValidationError("Name the team or the rep that gets these leads.")
        return cleaned


class TestLeadForm(forms.Form):
    """A lead to try the rules on: its name, e-mail address or number."""

    __test__ = False  # no test, though its name begins like one

    lead = forms.CharField(label="Lead", help_text="Name, e-mail address or number")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_lead(self) -> Lead:
        text = self.cleaned_data["lead"]
        seen = Lead.objects.visible_to(self.user)
        by_key = seen.filter(pk__in=parameters.keys([text]))
        found = by_key.first() or seen.search(text).order_by("-pk").first()
        if found is None:
            raise ValidationError(f"No lead matches “{text}”.")
        return found

"""What the lead list can be filtered by. Everything is in the address, nothing else is taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

import django_filters
from django import forms
from django.apps import apps
from django.http import QueryDict
from django_countries import countries

from crm.common.parts import Chip, chips
from crm.common.periods import midnight
from crm.stages import OUT, WITH_SALES, Stage
from crm.users.models import Role, User
from leads.models import Channel, Company, Lead, LeadQuerySet

ME, NOBODY = "me", "none"
GROUPS = {
    ",".join(stage for stage in Stage if stage in {Stage.LEAD, Stage.RECYCLED}): "With marketing",
    ",".join(stage for stage in Stage if stage in WITH_SALES): "With sales",
    ",".join(stage for stage in Stage if stage in OUT | {Stage.LOST}): "Out of the funnel",
}
"""Several stages under one name: the stages, joined by commas, are one value of the filter."""

Choices = list[tuple[str, str]]
Apply = Callable[[LeadQuerySet, str, User], LeadQuerySet]


@dataclass(frozen=True)
class ExtraFilter:
    """A filter that a higher app adds: what it selects, and how its chip reads."""

    apply: Apply
    label: Callable[[str], str]
    title: str


EXTRA_FILTERS: dict[str, ExtraFilter] = {}


def register_filter(
    param: str, apply: Apply, *, label: Callable[[str], str], title: str = "Report"
) -> None:
    """Let the lead list understand `?param=word`. Called from an AppConfig.ready.

    apply: (leads, word, user) to the selected leads; may raise BadRequest for a damaged word
    label: word to the text of its chip
    """
    EXTRA_FILTERS[param] = ExtraFilter(apply, label, title)


class Known:
    """What can be chosen from; each is read when it is first asked for, and once."""

    def __deepcopy__(self, memo: object) -> "Known":
        """Forms copy their fields; what was read stays one."""
        return self

    @cached_property
    def workers(self) -> list[User]:
        people = User.objects.exclude(role=Role.VIEWER).select_related("team").order_by("name")
        return list(people.only("name", "team__name"))

    @cached_property
    def owners(self) -> Choices:
        return [(ME, "Me"), (NOBODY, "Nobody")] + [(str(w.pk), w.name) for w in self.workers]

    @cached_property
    def teams(self) -> Choices:
        found = {str(w.team_id): str(w.team) for w in self.workers if w.team_id}
        return sorted(found.items(), key=lambda team: team[1])

    @cached_property
    def campaigns(self) -> Choices:
        rows = apps.get_model("campaigns", "Campaign").objects.order_by("name")
        return [(NOBODY, "(none)"), *named(rows.values_list("pk", "name"))]

    @cached_property
    def channels(self) -> Choices:
        return [(NOBODY, "(none)"), *named(Channel.objects.values_list("pk", "name"))]


def named(pairs: Any) -> Choices:
    return [(str(pk), name) for pk, name in pairs]


def stage_choices() -> Choices:
    return [*Stage.choices, *GROUPS.items()]


class LeadFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters of the lead list."""

    q = django_filters.CharFilter(label="Search", method="by_words")
    stage = django_filters.MultipleChoiceFilter(
        label="Stage", choices=stage_choices, method="in_stages",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    owner = django_filters.ChoiceFilter(label="Owner", method="of_owner", empty_label="Any owner")
    campaign = django_filters.ChoiceFilter(
        label="Campaign", method="of_row", empty_label="Any campaign"
    )
    channel = django_filters.ChoiceFilter(
        label="Channel", method="of_row", empty_label="Any channel"
    )
    team = django_filters.ChoiceFilter(label="Team", method="of_row", empty_label="Any team")
    country = django_filters.ChoiceFilter(
        label="Country", choices=lambda: list(countries), empty_label="Any country"
    )
    company = django_filters.NumberFilter(
        label="Company", field_name="company_id", min_value=1, max_value=2**62,
        widget=forms.HiddenInput,
    )  # fmt: skip
    score_min = django_filters.NumberFilter(
        label="Score from", field_name="score", lookup_expr="gte", min_value=0, max_value=100
    )
    score_max = django_filters.NumberFilter(
        label="Score to", field_name="score", lookup_expr="lte", min_value=0, max_value=100
    )
    created_from = django_filters.DateFilter(
        label="Created from", method="created_since",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    created_to = django_filters.DateFilter(
        label="Created to", method="created_until",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    consent = django_filters.ChoiceFilter(
        label="Consent", choices=[("yes", "Given"), ("no", "Not given")], method="with_consent",
        empty_label="With or without",
    )  # fmt: skip

    class Meta:
        model = Lead
        fields: list[str] = []

    def __init__(
        self, data: Mapping[str, Any], queryset: LeadQuerySet, *, user: User, known: Known
    ) -> None:
        super().__init__(data, queryset)
        self.user, self.known = user, known
        for name in ("owner", "campaign", "channel", "team"):
            self.filters[name].extra["choices"] = partial(getattr, known, f"{name}s")

    def by_words(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return leads.search(value)

    def in_stages(self, leads: LeadQuerySet, name: str, value: list[str]) -> LeadQuerySet:
        return leads.filter(stage__in={stage for word in value for stage in word.split(",")})

    def of_owner(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return self.of_row(leads, name, str(self.user.pk) if value == ME else value)

    def of_row(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return leads.filter(**{name: None if value == NOBODY else int(value)})

    def created_since(self, leads: LeadQuerySet, name: str, value: date) -> LeadQuerySet:
        return leads.filter(created_at__gte=midnight(value, self.user.zone))

    def created_until(self, leads: LeadQuerySet, name: str, value: date) -> LeadQuerySet:
        after = midnight(value + timedelta(days=1), self.user.zone)
        return leads.filter(created_at__lt=after)

    def with_consent(self, leads: LeadQuerySet, name: str, value: str) -> LeadQuerySet:
        return leads.filter(consent=value == "yes")

    @property
    def leads(self) -> LeadQuerySet:
        """The selected leads; none if a filter cannot be understood."""
        if not self.form.is_valid():
            return Lead.objects.none()
        leads: LeadQuerySet = self.qs
        for param, extra in EXTRA_FILTERS.items():
            if word := self.data.get(param):
                leads = extra.apply(leads, word, self.user)
        return leads

    def chips(self) -> list[Chip]:
        """Return the active filters in words, each with what takes it away."""
        shown = [chip for chip in chips(self.form) if chip.param != "q"]
        if (raw := self.data.get("company")) and self.form.is_valid():
            company = Company.objects.filter(pk=self.form.cleaned_data["company"]).first()
            shown.append(Chip("Company", str(company or "unknown"), "company", raw))
        for param, extra in EXTRA_FILTERS.items():
            if word := self.data.get(param):
                shown.append(Chip(extra.title, extra.label(word), param, word))
        return shown

    def bar(self) -> "FilterBar":
        """Return the form with the few filters that are always in sight."""
        return FilterBar(self)


class FilterBar(forms.Form):
    """Search, stage, owner, campaign and channel; the other active filters go along unseen."""

    use_required_attribute = False

    q = forms.CharField(
        label="Search leads", widget=forms.TextInput(attrs={"placeholder": "Name, e-mail, company"})
    )
    stage = forms.ChoiceField(label="Stage", required=False)
    owner = forms.ChoiceField(label="Owner")
    campaign = forms.ChoiceField(label="Campaign")
    channel = forms.ChoiceField(label="Channel")

    def __init__(self, whole: LeadFilter) -> None:
        data = whole.data
        stages = ",".join(data.getlist("stage")) if isinstance(data, QueryDict) else ""
        super().__init__({**{name: data.get(name, "") for name in data}, "stage": stages})
        choices = [("", "Any stage"), *stage_choices()]
        if stages and stages not in dict(choices):
            choices.append((stages, "Several stages"))
        self.choose("stage", choices)
        for name in ("owner", "campaign", "channel"):
            self.choose(name, [("", f"Any {name}"), *getattr(whole.known, f"{name}s")])
        for name in data:
            if name in whole.filters or name in EXTRA_FILTERS:
                self.fields.setdefault(name, forms.CharField(widget=forms.HiddenInput))

    def choose(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

"""The controls of a report: four at most, and all of them in its address."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Value

from crm.common.periods import CHOICES, Period, before, named
from crm.reports import questions, registry
from crm.reports.questions import Question
from crm.reports.registry import Report
from crm.users.models import Role, Scope, Team, User

CUSTOM = "custom"
OTHER_DATES = ("first", "last")


class ReportForm(forms.Form):
    """What a report is asked; without an answer each control has its usual value."""

    period = forms.ChoiceField(choices=[*CHOICES.items(), (CUSTOM, "Other dates")], required=False)
    first = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    compare = forms.ChoiceField(
        label="Compare with",
        choices=[("", "Nothing"), ("before", "The period before")],
        required=False,
    )
    by = forms.ChoiceField(label="By", required=False)
    whose = forms.ChoiceField(label="Whose", required=False)

    def __init__(self, data: Mapping[str, Any], *, report: Report, user: User | None) -> None:
        """data: the address; what it leaves out gets the report's usual value."""
        self.report, self.user = report, user
        usual = {"period": report.usual, "by": report.usual_by}
        asked = {name: data.get(name) or usual.get(name, "") for name in self.base_fields}
        super().__init__(asked)
        self.more = {name: str(data[name]) for name in report.options if data.get(name)}
        for name in [*self.fields]:
            control = registry.PERIOD if name in OTHER_DATES else name
            is_asked = control in report.controls
            if not is_asked or (name in OTHER_DATES and asked["period"] != CUSTOM):
                del self.fields[name]
        if report.periods:
            usual_ones = [
                (choice, words) for choice, words in CHOICES.items() if choice in report.periods
            ]
            self.choose("period", [*usual_ones, (CUSTOM, "Other dates")])
        self.choose("by", [*report.by.items()])
        self.choose("whose", whose_choices(user) if "whose" in self.fields else [])

    def choose(self, name: str, choices: list[Any]) -> None:
        if field := self.fields.get(name):
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", "This is before the first day.")
        return data

    def question(self, *, today: date | None = None) -> Question:
        """Return what was asked; whatever is wrong is as good as not asked."""
        self.is_valid()
        data = self.cleaned_data
        period = self.chosen_period(today or questions.today())
        return Question(
            period=period,
            by=data.get("by") or self.report.usual_by,
            user=self.user,
            before=before(period) if data.get("compare") else None,
            whose=data.get("whose") or "",
            more=self.more,
        )

    def chosen_period(self, today: date) -> Period:
        data = self.cleaned_data
        choice = data.get("period") or self.report.usual
        if choice != CUSTOM:
            return named(choice, today)
        last = data.get("last")
        return Period(data.get("first"), last + timedelta(days=1) if last else None)


def whose_choices(user: User | None) -> list[Any]:
    """Return whose rows may be asked for: the teams and people that `user` sees."""
    sellers = User.objects.exclude(role__in=(Role.VIEWER, Role.MARKETER))
    teams = Team.objects.all()
    if user is not None and user.scope != Scope.ALL:
        team = user.team_id if user.scope == Scope.TEAM else None
        teams = teams.filter(pk=team) if team else teams.none()
        sellers = sellers.filter(team=team) if team else sellers.filter(pk=user.pk)
    found: dict[str, list[tuple[str, str]]] = {"team": [], "user": []}
    columns = ("sort", "pk", "name")
    named = teams.order_by().annotate(sort=Value("team")).values_list(*columns)
    people = sellers.order_by().annotate(sort=Value("user")).values_list(*columns)
    for sort, pk, name in named.union(people, all=True).order_by("name", "pk"):
        found[sort].append((f"{sort}-{pk}", name))
    return [("", "Everybody"), ("Teams", found["team"]), ("People", found["user"])]

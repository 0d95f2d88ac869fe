"""Saving a report under a name, and having it mailed."""

from typing import Any

from django import forms
from django.http import QueryDict

from crm.reports import forms as report_forms
from crm.reports.models import WEEKDAYS, SavedReport
from crm.reports.registry import REPORTS, Report
from crm.users.models import User

HOURS = [(hour, f"{hour}:00") for hour in range(24)]
DAYS = [(day, str(day)) for day in range(1, 29)]


def only_controls(query: str, report: Report) -> str:
    """Return the part of an address that a report reads, in a settled order."""
    asked, known = QueryDict(query), QueryDict(mutable=True)
    for name in sorted({*report_forms.ReportForm.base_fields, *report.options}):
        if asked.get(name):
            known[name] = asked[name]
    return known.urlencode()


class SavedReportForm(forms.ModelForm):
    """Its name, and when it is mailed to whom. The question is the page that it was saved from."""

    weekday = forms.TypedChoiceField(coerce=int, choices=list(enumerate(WEEKDAYS)), label="On")
    day = forms.TypedChoiceField(coerce=int, choices=DAYS, label="On day of the month")
    hour = forms.TypedChoiceField(coerce=int, choices=HOURS, label="At")

    class Meta:
        model = SavedReport
        fields = ["name", "every", "weekday", "day", "hour", "recipients"]
        labels = {"every": "By mail", "recipients": "To"}
        widgets = {"recipients": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["every"].required = False
        for name in ("weekday", "day", "hour"):
            self.fields[name].required = False
        recipients = self.fields["recipients"]
        assert isinstance(recipients, forms.ModelMultipleChoiceField)
        recipients.queryset = those_to_mail(self.instance)
        recipients.help_text = "Each gets the numbers of the rows that he sees himself."

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("weekday", "day", "hour"):
            if data.get(name) in (None, ""):
                data[name] = getattr(self.instance, name)
        if data.get("every") and not data.get("recipients"):
            self.add_error("recipients", "Choose who gets it.")
        return data


def those_to_mail(saved: SavedReport) -> Any:
    """Return whom the owner of a saved report may send it to: a manager anybody, others himself."""
    roles = REPORTS[saved.report].roles
    people = User.objects.active().exclude(email=None).filter(role__in=roles).order_by("name")
    return people if saved.user.is_manager else people.filter(pk=saved.user.pk)

"""The audit page: every change of what all work by, the newest first."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from crm.audit.models import AuditEntry
from crm.common import parameters
from crm.common.htmx import wants_partial
from crm.users.models import User
from crm.users.permissions import MANAGERS, SignedInRequest, allow

PAGE = 50


class AuditFilter(forms.Form):
    """What was changed, and by whom."""

    area = forms.ChoiceField(
        label="What", required=False, choices=[("", "Everything"), *AuditEntry.Area.choices]
    )
    actor = forms.ModelChoiceField(
        User.objects.none(), label="Who", required=False, empty_label="Anybody"
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        people = self.fields["actor"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = User.objects.filter(role__in=MANAGERS).order_by("name")

    def entries(self) -> Any:
        self.is_valid()
        found = AuditEntry.objects.select_related("actor")
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        return found.filter(**asked)


@allow(MANAGERS)
@require_GET
@vary_on_headers("HX-Request")
def audit(request: SignedInRequest) -> HttpResponse:
    """List the changes; `older` is the number of the last one shown, from which to go on."""
    form = AuditFilter(request.GET)
    found = form.entries()
    older = parameters.whole_number(request.GET.get("older"))
    if older is not None:
        found = found.filter(pk__lt=older)
    entries = list(found[: PAGE + 1])
    query = request.GET.copy()
    query["older"] = str(entries[PAGE - 1].pk) if len(entries) > PAGE else ""
    context = {
        "form": form,
        "entries": entries[:PAGE],
        "older": query.urlencode() if query["older"] else "",
        "is_filtered": bool(form.cleaned_data.get("area") or form.cleaned_data.get("actor")),
    }
    name = "audit/_entries.html" if wants_partial(request) else "audit/list.html"
    return render(request, name, context)

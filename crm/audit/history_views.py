"""The history in words: of all settings together, and of one record for who may see it."""

from typing import Any

from django import forms
from django.apps import apps
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from crm.audit.acting import Door
from crm.audit.models import Change, ChangeQuerySet
from crm.audit.registry import RECORDS, SETTINGS
from crm.audit.words import lines_of
from crm.common.htmx import wants_partial
from crm.users.models import User
from crm.users.permissions import EVERYBODY, MANAGERS, SignedInRequest, allow

PAGE = 50


def kinds() -> list[tuple[str, str]]:
    """Return the settings that keep a history, to choose from."""
    models = [apps.get_model(label)._meta for label in SETTINGS]
    return sorted(
        ((meta.label_lower, str(meta.verbose_name).capitalize()) for meta in models),
        key=lambda kind: kind[1].lower(),
    )


class HistoryFilter(forms.Form):
    """Of what, by whom, by which way."""

    model = forms.ChoiceField(label="What", required=False)
    actor = forms.ModelChoiceField(
        User.objects.none(), label="Who", required=False, empty_label="Anybody"
    )
    door = forms.ChoiceField(label="Way", required=False, choices=[("", "Any way"), *Door.choices])

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["model"] = forms.ChoiceField(
            label="What", required=False, choices=[("", "All settings"), *kinds()]
        )
        people = self.fields["actor"]
        assert isinstance(people, forms.ModelChoiceField)
        people.queryset = User.objects.order_by("name")

    def changes(self) -> ChangeQuerySet:
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        if "model" not in asked:
            asked["model__in"] = [label.lower() for label in SETTINGS]
        return Change.objects.filter(**asked)


@allow(MANAGERS)
@require_GET
@vary_on_headers("HX-Request")
def settings(request: SignedInRequest) -> HttpResponse:
    """Every change of a setting, the newest first."""
    form = HistoryFilter(request.GET)
    context = {
        "form": form,
        **page_of(form.changes(), request),
        "is_filtered": any(form.cleaned_data.values()),
        "with_record": True,
    }
    name = "audit/_history.html" if wants_partial(request) else "audit/settings.html"
    return render(request, name, context)


@allow(EVERYBODY)
@require_GET
@vary_on_headers("HX-Request")
def record(request: SignedInRequest, app: str, model: str, pk: int) -> HttpResponse:
    """The history of one record or setting that the user may see."""
    found = readable(request.user, f"{app}.{model}".lower(), pk)
    address = getattr(found, "get_absolute_url", None)
    context = {
        "record": found,
        "back": address() if address else reverse("audit:settings"),
        **page_of(Change.objects.of(found), request),
    }
    name = "audit/_history.html" if wants_partial(request) else "audit/record.html"
    return render(request, name, context)


def readable(user: User, label: str, pk: int) -> Model:
    """Return the record if `user` may see it. Raises Http404."""
    known = {name.lower(): name for name in (*SETTINGS, *RECORDS)}
    if label not in known:
        raise Http404
    rows: QuerySet[Any] = apps.get_model(known[label])._default_manager.all()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(user)
    elif known[label] not in SETTINGS or user.role not in MANAGERS:
        raise Http404
    found: Model = get_object_or_404(rows, pk=pk)
    return found


def page_of(changes: ChangeQuerySet, request: SignedInRequest) -> dict[str, Any]:
    """Return a page of lines, and the query of the next; `older` is the last number shown."""
    older = request.GET.get("older", "")
    if older.isascii() and older.isdigit() and len(older) < 18:
        changes = changes.filter(pk__lt=int(older))
    found = list(changes.select_related("actor").order_by("-pk")[: PAGE + 1])
    query = request.GET.copy()
    query["older"] = str(found[PAGE - 1].pk) if len(found) > PAGE else ""
    return {
        "lines": lines_of(found[:PAGE]),
        "older": query.urlencode() if query["older"] else "",
    }

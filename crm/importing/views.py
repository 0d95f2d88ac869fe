"""The wizard: upload, map, check, run; and the history of imports with its undo."""

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from crm.common.htmx import refused, toast, wants_partial
from crm.common.parts import Step
from crm.importing import services, undoing, uploads
from crm.importing.forms import LayoutForm, MappingForm, UploadForm, kinds_for, sample_values
from crm.importing.models import Import
from crm.importing.reading import NotReadable, Raw
from crm.importing.services import NotReady
from crm.importing.uploads import DRAFTS
from crm.users.permissions import IMPORTERS, SignedInRequest, allow

STEPS = ("Upload", "Match columns", "Check", "Import")


def visible(request: SignedInRequest, pk: int) -> Import:
    imports = Import.objects.visible_to(request.user).select_related("created_by", "undone_by")
    return get_object_or_404(imports, pk=pk)


@allow(IMPORTERS)
@require_GET
def import_list(request: SignedInRequest) -> HttpResponse:
    imports = Import.objects.visible_to(request.user).select_related("created_by")
    page = Paginator(imports.defer("problems", "checked", "kept", "place"), 25)
    return render(request, "importing/list.html", {"page": page.get_page(request.GET.get("page"))})


@allow(IMPORTERS)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    context: dict[str, Any] = {"steps": steps(0)}
    if request.method != "POST":
        asked = request.GET.get("kind")
        initial = {"kind": asked} if asked in dict(kinds_for(request.user)) else {}
        context["form"] = UploadForm(user=request.user, initial=initial)
        return render(request, "importing/create.html", context)
    form = UploadForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        try:
            source = uploads.receive_once(
                form.cleaned_data["file"], kind=form.cleaned_data["kind"], actor=request.user
            )
            return redirect("importing:map", source.pk)
        except NotReadable as fault:
            form.add_error("file", str(fault))
    return refused(request, "importing/create.html", {**context, "form": form})


@allow(IMPORTERS)
@require_http_methods(["GET", "POST"])
def map_columns(request: SignedInRequest, pk: int) -> HttpResponse:
    source = visible(request, pk)
    if source.state not in DRAFTS:
        return redirect(source)
    rows, fault = first_rows(source)
    form = MappingForm(request.POST or None, source=source, user=request.user, rows=rows)
    context = mapping_page(source, form, rows, fault)
    if request.method != "POST":
        return render(request, "importing/map.html", context)
    if not fault and form.is_valid():
        source.duplicates = form.cleaned_data["duplicates"]
        names = ("date_format", "time_zone", "decimal_sign")
        chosen = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
        services.set_mapping(source, form.cleaned_data["mapping"], **chosen)
        services.check(source)
        return redirect("importing:check", source.pk)
    return refused(request, "importing/map.html", context)


def first_rows(source: Import) -> tuple[list[Raw], str]:
    """Return the rows that samples are taken from, or why there are none."""
    try:
        return uploads.samples(source), ""
    except NotReadable as fault:
        return [], str(fault)


def mapping_page(source: Import, form: MappingForm, rows: list[Raw], fault: str) -> dict[str, Any]:
    return {
        "source": source, "form": form, "fault": fault, "steps": steps(1), "rows": rows[:3],
        "layout": LayoutForm(source=source), "earlier": uploads.earlier(source),
    }  # fmt: skip


@allow(IMPORTERS)
@require_POST
def layout(request: SignedInRequest, pk: int) -> HttpResponse:
    """Read the file anew by another encoding, delimiter or sheet."""
    source = visible(request, pk)
    form = LayoutForm(request.POST, source=source)
    if source.state in DRAFTS and form.is_valid():
        source.options |= form.cleaned_data
        source.mapping, source.state = {}, Import.State.UPLOADED
        try:
            uploads.read_anew(source)
        except NotReadable as fault:
            toast(request, str(fault), level="error")
    return redirect("importing:map", source.pk)


@allow(IMPORTERS)
@require_GET
def sample(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sample values of the column that was just chosen for a field."""
    source = visible(request, pk)
    column = next((str(v) for name, v in request.GET.items() if name.startswith("map_")), "")
    rows, _ = first_rows(source) if column in source.columns else ([], "")
    found = sample_values(source, rows, column)
    return render(request, "importing/_samples.html", {"samples": found})


@allow(IMPORTERS)
@require_GET
def check(request: SignedInRequest, pk: int) -> HttpResponse:
    source = visible(request, pk)
    if not source.can_run:
        draft = source.state in DRAFTS
        return redirect("importing:map" if draft else "importing:detail", source.pk)
    context = {"source": source, "steps": steps(2), **found_problems(source.checked["problems"])}
    return render(request, "importing/check.html", context)


def found_problems(problems: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        level + "s": [problem for problem in problems if problem["level"] == level][:20]
        for level in ("error", "warning")
    }


@allow(IMPORTERS)
@require_POST
def run(request: SignedInRequest, pk: int) -> HttpResponse:
    source = visible(request, pk)
    try:
        services.start(source, actor=request.user)
    except NotReady as fault:
        toast(request, str(fault), level="warning")
    return redirect(source)


@allow(IMPORTERS)
@require_GET
@vary_on_headers("HX-Request")
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    source = visible(request, pk)
    if source.state in DRAFTS and not wants_partial(request):
        return redirect("importing:map", source.pk)
    context = {"source": source, "steps": steps(3), **found_problems(source.problems)}
    part = wants_partial(request)
    return render(request, "importing/_state.html" if part else "importing/detail.html", context)


@allow(IMPORTERS)
@require_GET
def error_file(request: SignedInRequest, pk: int) -> HttpResponse:
    source = visible(request, pk)
    try:
        file = source.error_file.open("rb")
    except (OSError, ValueError):
        raise Http404("No row was refused.") from None
    name = f"refused-{source.pk}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")  # type: ignore[return-value]


@allow(IMPORTERS)
@require_http_methods(["GET", "POST"])
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """The question first, as a dialog or a page; then the undo, in the background."""
    source = visible(request, pk)
    if request.method != "POST":
        part = "importing/_undo.html" if wants_partial(request) else "importing/undo.html"
        return render(request, part, {"source": source, "counts": undoing.what_goes(source)})
    try:
        undoing.ask_to_undo(source, actor=request.user)
    except NotReady as fault:
        toast(request, str(fault), level="warning")
    if wants_partial(request):
        return HttpResponse(status=204, headers={"HX-Redirect": source.get_absolute_url()})
    return redirect(source)


@allow(IMPORTERS)
@require_POST
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a file that was uploaded but not brought in."""
    source = visible(request, pk)
    if Import.objects.filter(pk=source.pk, state__in=DRAFTS).delete()[0]:
        uploads.forget_files(source)
        toast(request, f"{source.file_name} was forgotten.")
    return redirect("importing:list")


def steps(current: int) -> list[Step]:
    """Return the wizard's steps, for the stepper."""
    states = ["done" if i < current else "current" if i == current else "next" for i in range(4)]
    return [Step(label, state) for label, state in zip(STEPS, states, strict=True)]

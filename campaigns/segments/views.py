"""The pages of segments: the list, the record with its members, the editor of the rules."""

from typing import Any

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.segments import editor as editing
from campaigns.segments import services
from campaigns.segments.editor import Editor
from campaigns.segments.forms import SegmentForm
from campaigns.segments.models import Segment
from campaigns.segments.rules import RulesNotAccepted
from campaigns.segments.usage import uses
from campaigns.segments.wording import said
from crm.common import keyset, parameters
from crm.common.folding import search_key, search_words
from crm.common.htmx import conflict, done, refused, toast
from crm.users.models import User
from crm.users.permissions import MARKETING, SignedInRequest, allow
from leads import export as exporting
from leads.models import Lead, LeadQuerySet

PREVIEW, SHOWN = 10, 25
STATIC, DYNAMIC = Segment.Kind.STATIC, Segment.Kind.DYNAMIC


def found_members(segment: Segment) -> LeadQuerySet | None:
    """Return the members, None while the rules cannot be understood."""
    try:
        return services.members(segment)
    except RulesNotAccepted:
        return None


def best(leads: LeadQuerySet, user: User, most: int) -> list[Lead]:
    """Return the leads of the highest scores that `user` sees."""
    shown = leads.visible_to(user).select_related("company", "owner")
    return list(shown.defer("notes", "search_key").order_by("-score", "-pk")[:most])


@allow(MARKETING)
@require_GET
def segment_list(request: SignedInRequest) -> HttpResponse:
    asked = request.GET.get("q", "").strip()
    words = search_words(asked)
    named = Segment.objects.select_related("owner")
    rows = [row for row in named if all(word in search_key(row.name) for word in words)]
    context = {"segments": [(row, said(row.rules)) for row in rows[:200]], "asked": asked}
    return render(request, "segments/list.html", context)


@allow(MARKETING)
@require_GET
def count(request: SignedInRequest, pk: int) -> HttpResponse:
    """How many leads are in it now; more than 10,000 are not counted further."""
    segment = get_object_or_404(Segment, pk=pk)
    leads = found_members(segment)
    words = None if leads is None else keyset.count_words(keyset.capped_count(leads))
    return render(request, "segments/_count.html", {"segment": segment, "words": words})


@allow(MARKETING)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """The segment with its rules in words, its members, and what stands on it."""
    segment = get_object_or_404(Segment.objects.select_related("owner"), pk=pk)
    leads = found_members(segment)
    context: dict[str, Any] = {"segment": segment, "said": said(segment.rules), "uses": []}
    context["uses"] = uses(segment)
    if leads is not None:
        seen = leads.visible_to(request.user)
        total = leads.count()
        context |= {"count": total, "rows": best(leads, request.user, SHOWN)}
        context["seen"] = total if request.user.scope == "all" else seen.count()
    return render(request, "segments/detail.html", context)


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    return write(request, Segment(kind=DYNAMIC, owner=request.user), "New segment")


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create_static(request: SignedInRequest) -> HttpResponse:
    return write(request, Segment(kind=STATIC, owner=request.user), "New static segment")


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=pk)
    return write(request, segment, f"Edit {segment}")


def write(request: SignedInRequest, segment: Segment, title: str) -> HttpResponse:
    """Show the editor; with one of its buttons draw it again, else save."""
    form = SegmentForm(request.POST or None, instance=segment)
    editor = editor_of(request, segment)
    context = {"segment": segment, "form": form, "editor": editor, "title": title,
               "seen": seen_of(segment)}  # fmt: skip
    if request.method == "GET" or "act" in request.POST:
        if editor and "act" in request.POST:
            form = context["form"] = SegmentForm(initial=request.POST.dict(), instance=segment)
        return render(request, "segments/form.html", {**context, **preview_of(editor, request)})
    stale = bool(segment.pk) and request.POST.get("seen", "") != seen_of(segment)
    if stale and "overwrite" not in request.POST:
        shown = {**context, **preview_of(editor, request), "changed": True}
        return conflict(request, "segments/form.html", shown)
    if form.is_valid() and save(segment, form, editor):
        toast(request, f"{segment} saved")
        return done(request, segment.get_absolute_url())
    return refused(request, "segments/form.html", {**context, **preview_of(editor, request)})


def seen_of(segment: Segment) -> str:
    """Return what tells this version of a stored segment from another."""
    if not segment.pk:
        return ""
    stored = Segment.objects.filter(pk=segment.pk).values_list("updated_at", flat=True).first()
    return stored.isoformat() if stored else ""


def editor_of(request: SignedInRequest, segment: Segment) -> Editor | None:
    """Return the editor of the rules, None for a static segment and for rules too deep."""
    if segment.is_static:
        return None
    if request.method == "POST" and any(name.startswith("g-") for name in request.POST):
        return editing.from_post(request.POST)
    return editing.from_tree(segment.rules)


def save(segment: Segment, form: SegmentForm, editor: Editor | None) -> bool:
    """Save the segment as typed; False leaves beside the fields what is wrong."""
    form.save(commit=False)
    if editor is not None:
        segment.rules = editor.tree()
    try:
        services.save(segment)
    except services.NameTaken as fault:
        form.add_error("name", str(fault))
    except RulesNotAccepted as fault:
        if editor is None:
            form.add_error(None, str(fault))
        else:
            editor.blame(fault)
            form.add_error(None, "Some rules are not finished.")
    return not form.errors


@allow(MARKETING)
@require_POST
def draft(request: SignedInRequest) -> HttpResponse:
    """The editor after one of its buttons or another field, and whom it selects now."""
    editor = editing.from_post(request.POST)
    context = {"editor": editor, "oob": True, **preview_of(editor, request)}
    return render(request, "segments/_draft.html", context)


@allow(MARKETING)
@require_POST
def preview(request: SignedInRequest) -> HttpResponse:
    """Whom the rules in the form select, while they are typed. Writes nothing."""
    editor = editing.from_post(request.POST)
    return render(request, "segments/_preview.html", preview_of(editor, request))


def preview_of(editor: Editor | None, request: SignedInRequest) -> dict[str, Any]:
    """Return what the preview needs: the exact number, and the first that the reader sees."""
    if editor is None:
        return {}
    try:
        leads = services.selected(editor.tree(), known_values=True)
    except RulesNotAccepted as fault:
        return {"missing": next(iter(fault.errors.values()))}
    return {"count": leads.count(), "rows": best(leads, request.user, PREVIEW)}


@allow(MARKETING)
@require_POST
def freeze(request: SignedInRequest, pk: int) -> HttpResponse:
    """A static segment of those who are in this one now."""
    segment = get_object_or_404(Segment, pk=pk)
    try:
        kept = services.freeze(segment, actor=request.user)
    except RulesNotAccepted as fault:
        toast(request, f"Nothing was frozen. {fault}", level="error")
        return done(request, segment.get_absolute_url())
    toast(request, f"{kept} keeps the {services.count(kept):,} leads of now")
    return done(request, kept.get_absolute_url())


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a segment that nothing stands on; ask first."""
    segment = get_object_or_404(Segment, pk=pk)
    context = {"segment": segment, "uses": uses(segment)}
    if request.method == "GET":
        return render(request, "segments/delete.html", context)
    try:
        services.delete(segment)
    except services.SegmentInUse as fault:
        return refused(request, "segments/delete.html", {**context, "fault": str(fault)})
    toast(request, f"{segment} deleted")
    return done(request, reverse("segments:list"))


@allow(MARKETING)
@require_GET
def export(request: SignedInRequest, pk: int) -> Any:
    """The members that the reader sees, as a CSV file that an import reads back."""
    segment = get_object_or_404(Segment, pk=pk)
    leads = found_members(segment)
    seen = Lead.objects.none() if leads is None else leads.visible_to(request.user)
    response = StreamingHttpResponse(exporting.csv_lines(seen), content_type="text/csv")
    name = f"segment-{pk}-{localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def ids_of(data: QueryDict) -> list[int]:
    """Return the keys of leads in a form, those that can be keys."""
    return parameters.keys(data.getlist("ids"))

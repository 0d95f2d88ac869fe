"""The files of a deal: listed, taken in, given out as attachments, deleted with an undo."""

from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crm.common.htmx import toast, wants_partial
from crm.users.permissions import EVERYBODY, SALES, SignedInRequest, allow
from deals import files
from deals.files import FileRefused
from deals.models import Deal, DealFile
from deals.tabs import FILES
from deals.views.records import visible_deal
from deals.views.tabs import show_tab

SHOWN = 200


@allow(EVERYBODY)
@require_GET
def deal_files(request: SignedInRequest, pk: int) -> HttpResponse:
    return answer(request, visible_deal(request, pk))


def answer(
    request: SignedInRequest, deal: Deal, *, faults: list[str] | None = None
) -> HttpResponse:
    context = {
        "files": deal.files.present().select_related("added_by")[:SHOWN],
        "faults": faults or [],
        "endings": ",".join(f".{ending}" for ending in files.TYPES),
        "largest": files.LARGEST // files.MEGABYTE,
        "may_edit": request.user.role in SALES,
    }
    status = 422 if faults else 200
    return show_tab(request, deal, FILES, "deals/_files.html", context, status=status)


@allow(SALES)
@require_POST
def file_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take in one or several files; what is refused is named, the others are kept."""
    deal, faults, kept = visible_deal(request, pk), [], 0
    uploads = request.FILES.getlist("files")
    for upload in uploads:
        try:
            files.keep_file(deal, upload, actor=request.user)
            kept += 1
        except FileRefused as fault:
            faults.append(str(fault))
    if kept:
        toast(request, "File added" if kept == 1 else f"{kept} files added")
    if not uploads:
        faults.append("Choose a file first.")
    if faults or wants_partial(request):
        return answer(request, deal, faults=faults)
    return redirect("deals:files", deal.pk)


def file_of(request: SignedInRequest, pk: int, file: int) -> DealFile:
    """Return a file of a deal that the user sees; a deleted one can still be brought back."""
    return get_object_or_404(visible_deal(request, pk).files, pk=file)


@allow(EVERYBODY)
@require_GET
def file_download(request: SignedInRequest, pk: int, file: int) -> Any:
    """The file as it was taken in, to be saved: no browser shows or runs it here."""
    found = file_of(request, pk, file)
    if found.deleted_at:
        raise Http404
    try:
        content = files.path_of(found).open("rb")
    except FileNotFoundError:
        raise Http404("The bytes of this file are not on this server.") from None
    answer = FileResponse(
        content,
        as_attachment=True,
        filename=found.name,
        content_type=files.content_type(found),
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


@allow(SALES)
@require_POST
def file_delete(request: SignedInRequest, pk: int, file: int) -> HttpResponse:
    found = file_of(request, pk, file)
    files.delete_file(found, actor=request.user)
    back = reverse("deals:file-restore", args=[pk, found.pk])
    toast(request, f"“{found}” deleted", undo_url=back)
    return listed(request, pk)


@allow(SALES)
@require_POST
def file_restore(request: SignedInRequest, pk: int, file: int) -> HttpResponse:
    """Undo a deletion, from wherever the toast is pressed."""
    found = file_of(request, pk, file)
    files.restore_file(found, actor=request.user)
    if wants_partial(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect("deals:files", pk)


def listed(request: SignedInRequest, pk: int) -> HttpResponse:
    if wants_partial(request):
        return answer(request, visible_deal(request, pk))
    return redirect("deals:files", pk)

"""The letterhead of marketing mail: its form, and a mail that shows it."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from crm.common.htmx import toast
from crm.mailing import blocks
from crm.mailing.letterhead import letterhead
from crm.people.letterhead_forms import LetterheadForm
from crm.people.views import answer
from crm.users.models import Organisation
from crm.users.permissions import MARKETING_MANAGERS, SignedInRequest, allow

SAMPLE = [
    {"kind": "heading", "text": "A heading"},
    {"kind": "text", "text": "Some words, and [a link](#)."},
    {"kind": "button", "text": "A button", "url": "https://example.com/"},
]


@require_http_methods(["GET", "POST"])
@allow(MARKETING_MANAGERS)
@transaction.atomic
def edit(request: SignedInRequest) -> HttpResponse:
    stored = get_object_or_404(Organisation.objects.select_related("logo"), pk=1)
    form = LetterheadForm(request.POST or None, request.FILES or None, instance=stored)
    if form.is_valid():
        form.save()
        toast(request, "Letterhead saved")
        return redirect("users:letterhead")
    head = letterhead(get_object_or_404(Organisation, pk=1))
    return answer(request, "users/letterhead.html", {"form": form, "head": head}, form.is_bound)


@require_GET
@allow(MARKETING_MANAGERS)
@xframe_options_sameorigin
def preview(request: SignedInRequest) -> HttpResponse:
    """A mail with the saved letterhead, for a sandboxed frame."""
    mail = blocks.render(SAMPLE, subject="A sample", preheader="", head=letterhead())
    html = blocks.fill_places(mail.html, lambda what, number: "data:," if what == "pixel" else "#")
    policy = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http:"
        " data:; frame-ancestors 'self'"
    )
    return HttpResponse(html, headers={"Content-Security-Policy": policy})

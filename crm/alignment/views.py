"""The alignment page: both sides' promises, the MQL definition with its signatures, disputes."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.alignment import promises, signing
from crm.alignment.catalogue import ALIGNMENT
from crm.alignment.forms import PromiseForm
from crm.alignment.measures import MEASURES, SIDES
from crm.common.htmx import done, refused, toast, wants_partial
from crm.funnel.models import MqlDefinition
from crm.reports import kept, questions
from crm.reports.answers import Answer
from crm.reports.views.pages import page_of
from crm.users.models import Role
from crm.users.permissions import EVERYBODY, MANAGERS, SignedInRequest, allow

SIGNERS = frozenset(signing.SIGNERS)


def of_reader(request: SignedInRequest, answer: Answer) -> dict[str, Any]:
    """What the page shows of its reader: the sides whose targets he may set."""
    return {"may_set": [side for side in SIDES if promises.may_set(request.user, side)]}


alignment = page_of(ALIGNMENT, of_reader)


@allow(EVERYBODY)
@require_GET
def definition_panel(request: SignedInRequest) -> HttpResponse:
    """The MQL definition with its versions, what each changed, and who signed it."""
    found = signing.versions()
    context = {
        "current": found[0],
        "earlier": found[1:],
        "may_sign": signing.SIGNERS.get(Role(request.user.role), ""),
    }
    return render(request, "alignment/_definition.html", context)


@allow(EVERYBODY)
@require_GET
def history_panel(request: SignedInRequest) -> HttpResponse:
    """Who changed which promise, before and after."""
    return render(request, "alignment/_history.html", {"changes": promises.history()})


@allow(SIGNERS)
@require_POST
def sign(request: SignedInRequest, pk: int) -> HttpResponse:
    """Sign the version in force for one's side."""
    definition = get_object_or_404(MqlDefinition, pk=pk)
    try:
        new = signing.sign(definition, by=request.user)
    except signing.NotInForce as fault:
        toast(request, str(fault), level="warning")
    else:
        words = "signed" if new else "had been signed for your side before"
        toast(request, f"Version {definition.version} {words}")
    return redirect("alignment:alignment")


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def promise(request: SignedInRequest, measure: str) -> HttpResponse:
    """Set what is promised of one measure, by the managers of the side that promises it."""
    asked = MEASURES.get(measure)
    if asked is None:
        raise Http404
    if not promises.may_set(request.user, asked.side):
        raise PermissionDenied
    form = PromiseForm(
        request.POST if request.method == "POST" else None, measure=asked, today=questions.today()
    )
    template = "alignment/_promise.html" if wants_partial(request) else "alignment/promise.html"
    context = {"form": form, "measure": asked}
    if request.method == "GET":
        return render(request, template, context)
    if not form.is_valid():
        return refused(request, template, context)
    if changed := promises.set_promises(asked.key, form.wanted(), by=request.user):
        kept.forget_all(ALIGNMENT)
        toast(
            request, f"{asked.label}: {changed} {'target' if changed == 1 else 'targets'} changed"
        )
    return done(request, reverse("alignment:alignment"))

"""How the views of the funnel answer after a lead has changed hands."""

import json

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from crm.common.htmx import wants_partial
from crm.funnel.models import Handoff
from crm.users.permissions import SignedInRequest
from leads.models import Lead

CHANGED = {"handoff-changed": True, "lead-changed": True}


def from_row(request: HttpRequest) -> bool:
    """True if a row of the queue asked: `?row=1` on the address that its buttons call."""
    return wants_partial(request) and "row" in request.GET


def with_row(request: HttpRequest, handoff: Handoff, html: str = "") -> HttpResponse:
    """Put `html` in the place of the handoff's row (nothing: the row goes) and close the dialog."""
    response = HttpResponse(html)
    response["HX-Retarget"] = f"#handoff-{handoff.pk}"
    response["HX-Reswap"] = "outerHTML"
    response["HX-Trigger"] = json.dumps({"tandem:close": True, **CHANGED})
    return response


def told(*events: str) -> HttpResponse:
    """Close the dialog and let the page's parts renew themselves."""
    fired = {"tandem:close": True, **CHANGED, **dict.fromkeys(events, True)}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(fired)})


def changed(request: SignedInRequest, lead: Lead, *, event: str = "") -> HttpResponse:
    """Answer after something happened with `lead` outside the queue.

    The page's parts renew themselves; a lead that left the user's scope leads him to the queue.
    """
    seen = Lead.objects.visible_to(request.user).filter(pk=lead.pk).exists()
    if not wants_partial(request):
        return redirect(lead if seen else "funnel:queue")
    if not seen:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("funnel:queue")})
    return told(*[event] if event else [])


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to: an empty POST is one too, a GET is none."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Render a form as the dialog's content, or as a page of its own that includes it."""
    if wants_partial(request):
        return render(request, template, context, status=status)
    page = {**context, "fragment": template}
    return render(request, "funnel/form.html", page, status=status)

"""What the world sees of a capture form. No log-in, no cookie, no script needed."""

import secrets
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.capture import guarding, utm
from campaigns.capture.guarding import HONEYPOT, Token, TooOld
from campaigns.capture.models import CaptureForm
from campaigns.capture.public_form import CONSENT, PublicForm, raw_values
from campaigns.capture.services import Sent, receive
from crm.audit.acting import Door, acting
from crm.common.scripts import script_response
from crm.common.senders import hashed, refuses_tracking
from crm.common.views import too_many_requests
from crm.throttling.in_process import LocalLimit
from crm.throttling.services import network_of

PAGE = "tandem_page"
"""The hidden field with the UTM values of the page in which a form is embedded."""
RETRY_SECONDS = 900
READ = LocalLimit(600)
"""Far above what a large office behind one address opens."""

ANYWHERE = {"frame-ancestors": ["*"]}
"""These addresses alone may stand in a frame of another site: that is what they are for."""


@csrf_exempt
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@acting(door=Door.PUBLIC)
def public(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show a form or take what was sent. The signed token in it stands for the CSRF cookie."""
    form = get_object_or_404(CaptureForm, uuid=key)
    if not form.is_active:
        return shown(request, "capture/closed.html", form, {}, status=410)
    if request.method != "POST":
        if seconds := READ.refuses(network_of(request)):
            return too_many_requests(request, seconds)
        return form_page(request, form, PublicForm(form), guarding.new_token(form.uuid))
    try:
        token = guarding.read_token(request.POST.get("token", ""), form.uuid)
    except TooOld:
        return refused(request, form, "This page was open for long. Please send it once more.")
    return take(request, form, token)


def take(request: HttpRequest, form: CaptureForm, token: Token | None) -> HttpResponse:
    """Take a sent form. A machine is thanked like a person, and what it sent is kept as spam."""
    sender = hashed("sender", network_of(request))
    if guarding.is_flood(sender):
        return wait(request, form)
    honeypot = request.POST.get(HONEYPOT, "")
    suspicion = guarding.suspicion(token, honeypot, sender, shared_device=form.shared_device)
    if suspicion:
        key = token.key if token else f"forged-{secrets.token_urlsafe(18)}"
        ticked = CONSENT in request.POST
        raw = raw_values(form, request.POST)
        sent = Sent(raw, consent=ticked, sender=sender, **origin(request))
        receive(form, sent, token=key, spam=suspicion)
        return thanked(request, form)
    assert token is not None
    typed = PublicForm(form, request.POST)
    if not typed.is_valid():
        return form_page(request, form, typed, request.POST["token"], status=422)
    consent = bool(typed.cleaned_data.get(CONSENT))
    sent = Sent(typed.values, consent=consent, sender=sender, **origin(request))
    receive(form, sent, token=token.key)
    return thanked(request, form)


def wait(request: HttpRequest, form: CaptureForm) -> HttpResponse:
    """Show the form with what was typed, and ask to send it later: nothing is lost unseen."""
    typed = PublicForm(form, request.POST)
    typed.add_error(None, "Very many forms came from your network. Please send it again later.")
    answer = form_page(request, form, typed, guarding.new_token(form.uuid), status=429)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer


def origin(request: HttpRequest) -> dict[str, Any]:
    """Return what led to the form, and the tracker's visitor.

    UTM values of its own address, else those of the page in which it is embedded.
    """
    found = utm.read(request.GET.dict()) or utm.read_query(request.POST.get(PAGE, ""))
    return {"utm_last": found, "visitor": visitor_of(request)}


def page_query(request: HttpRequest) -> str:
    """Return the UTM values of the embedding page, for the form to bring along; "" for none.

    The browser says that page's address when the frame is loaded: no script is needed.
    """
    if request.method == "POST":
        return utm.query(utm.read_query(request.POST.get(PAGE, "")))
    return utm.query(utm.read_url(request.headers.get("Referer", "")))


def visitor_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the tracker's id in this browser, unless it asks not to be followed."""
    text = request.POST.get("tandem_visitor") or request.GET.get("v", "")
    if refuses_tracking(request):
        return None
    try:
        return uuid.UUID(hex=text)
    except ValueError:
        return None


def refused(request: HttpRequest, form: CaptureForm, words: str) -> HttpResponse:
    """Show the form again with what was typed and a fresh token."""
    typed = PublicForm(form, request.POST)
    typed.add_error(None, words)
    return form_page(request, form, typed, guarding.new_token(form.uuid), status=422)


def form_page(
    request: HttpRequest, form: CaptureForm, typed: PublicForm, token: str, *, status: int = 200
) -> HttpResponse:
    context = {"typed": typed, "token": token, "honeypot": HONEYPOT, "page": page_query(request)}
    return shown(request, "capture/public.html", form, context, status=status)


def shown(
    request: HttpRequest, template: str, form: CaptureForm, context: dict[str, Any], *, status: int
) -> HttpResponse:
    """Render a public page that may stand in a frame, and may lead on to the thank-you address."""
    embedded = request.GET.get("embed") == "1"
    context = {**context, "form": form, "embedded": embedded}
    response = render(request, template, context, status=status)
    targets = ["'self'", form.thank_you_url] if form.thank_you_url else ["'self'"]
    response._csp_replace = {**ANYWHERE, "form-action": targets}  # type: ignore[attr-defined]
    return response


def thanked(request: HttpRequest, form: CaptureForm) -> HttpResponse:
    """Go on by GET, so that a reload sends nothing twice."""
    embedded = request.GET.get("embed") == "1"
    if form.thank_you_url and not embedded:
        return redirect(form.thank_you_url)
    url = reverse("capture:thanks", args=[form.uuid])
    response = redirect(f"{url}?embed=1" if embedded else url)
    response._csp_replace = ANYWHERE  # type: ignore[attr-defined]
    return response


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The script of pages that embed a form, at a short address that never changes."""
    return script_response("js/embed.js")


@xframe_options_exempt
@require_safe
def thanks(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    form = get_object_or_404(CaptureForm, uuid=key)
    return shown(request, "capture/thanks.html", form, {}, status=200)

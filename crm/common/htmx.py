"""What a view needs to answer htmx: fragment or page, toasts, refused and finished forms."""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.urls import resolve
from django.utils.safestring import SafeString, mark_safe
from django_htmx.middleware import HtmxDetails

UNDO = "undo="
UNDO_SECONDS = 10
LEVELS = {
    "success": messages.SUCCESS,
    "info": messages.INFO,
    "warning": messages.WARNING,
    "error": messages.ERROR,
}
LEAVING = ("HX-Redirect", "HX-Refresh", "HX-Location")
"""Headers that make the browser ask for another page: that page shows the toasts."""


def wants_partial(request: HttpRequest) -> bool:
    """True if the browser will put the answer into the page it shows.

    Not for a boosted link nor for a step back in the history: both need the whole page.
    """
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    return bool(htmx and not htmx.boosted and not htmx.history_restore_request)


def answer_of(request: HttpRequest, url: str) -> SafeString:
    """Return what the view at `url` answers the user of `request`, to stand in another page.

    The view sees the page's own query. Raises what the view raises.
    """
    found = resolve(url)
    answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
    return mark_safe(answer.content.decode())  # noqa: S308  # nosec B308 B703 - a view's own page


def toast(request: HttpRequest, text: str, *, undo_url: str = "", level: str = "success") -> None:
    """Tell the user what happened, on this answer if it is a fragment, else on the next page.

    undo_url: address that a POST takes the act back at; offered for ten seconds
    level: success, info, warning or error
    """
    extra = UNDO + undo_url if undo_url else ""
    messages.add_message(request, LEVELS[level], text, extra_tags=extra, fail_silently=True)


def refused(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with the form again, its errors beside the fields; 409 if another was quicker.

    Both statuses are swapped like 200.
    """
    stale = getattr(context.get("form"), "is_stale", False)
    return render(request, template, context, status=409 if stale else 422)


def conflict(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer a stale write: what the other user made of it, nothing saved."""
    return render(request, template, context, status=409)


def done(request: HttpRequest, url: str, *, event: str = "") -> HttpResponse:
    """Answer a saved form: go to `url`, or stay and let the page's parts renew themselves.

    event: fired on <body>; dialog and drawer close, parts that listen to it load again
    """
    if not wants_partial(request):
        return redirect(url)
    if event:
        trigger = json.dumps({"tandem:close": True, event: True})
        return HttpResponse(status=204, headers={"HX-Trigger": trigger})
    return HttpResponse(status=204, headers={"HX-Redirect": url})


class HtmxMessagesMiddleware:
    """Bring the queued toasts with a fragment; never put the log-in page in a fragment's place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not wants_partial(request):
            return response
        if leads_to_login(response):
            return HttpResponse(status=401)
        if carries_toasts(response):
            append_toasts(request, response)
        return response


def leads_to_login(response: HttpResponse) -> bool:
    """True if the session has ended. The page stays, with what was typed, and offers to log in."""
    login = resolve_url(settings.LOGIN_URL)
    return response.status_code == 302 and response["Location"].startswith(login)


def carries_toasts(response: HttpResponse) -> bool:
    """False for what htmx follows or does not read: redirects, files, streams, server errors."""
    if response.streaming or 300 <= response.status_code < 400 or response.status_code >= 500:
        return False
    if any(header in response.headers for header in LEAVING):
        return False
    return response.status_code == 204 or response.get("Content-Type", "").startswith("text/html")


def append_toasts(request: HttpRequest, response: HttpResponse) -> None:
    """Write the toasts behind the fragment. An empty 204 becomes a 200 that swaps nothing else."""
    queued = list(get_messages(request))
    if not queued:
        return
    html = render_to_string("components/toasts_oob.html", {"messages": queued}, request)
    if response.status_code == 204:
        response.status_code = 200
        response["HX-Reswap"] = "none"
        response["Content-Type"] = "text/html; charset=utf-8"
    response.write(html)
    if "Content-Length" in response.headers:
        response["Content-Length"] = str(len(response.content))

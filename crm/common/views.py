"""The pages that belong to no app: what went wrong, and the style guide."""

from typing import Any

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from crm.common import samples

REQUEST_ID = "X-Request-ID"


def request_id(request: HttpRequest) -> str:
    """Return the number under which the log knows this request, or nothing."""
    known = structlog.contextvars.get_contextvars().get("request_id", "")
    return str(known or request.headers.get(REQUEST_ID, ""))


def problem(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """Answer with the page of an error; its request number goes into a header too."""
    number = request_id(request)
    context = {"request_id": number, **context}
    response = render(request, f"{status}.html", context, status=status)
    if number:
        response[REQUEST_ID] = number
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what is wrong. A reason given to BadRequest, which only our code raises, is shown."""
    return problem(request, 400, reason=str(exception) if type(exception) is BadRequest else "")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say who can grant it. A reason given to PermissionDenied is shown."""
    return problem(request, 403, reason=str(exception))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without asking anything of the database: it may be what broke."""
    number = request_id(request)
    page = render_to_string("500.html", {"request_id": number})
    return HttpResponse(page, status=500, headers={REQUEST_ID: number} if number else None)


def unavailable(request: HttpRequest, *, full: bool = False) -> HttpResponse:
    """Answer while the database is locked or away, without asking anything of it.

    full: a disk is full, which waiting alone does not mend
    """
    number = request_id(request)
    page = render_to_string("503.html", {"request_id": number, "full": full})
    headers = {"Retry-After": "60"} | ({REQUEST_ID: number} if number else {})
    return HttpResponse(page, status=503, headers=headers)


def too_many_requests(request: HttpRequest, seconds: int, *, advice: str = "") -> HttpResponse:
    """Refuse an attempt too many and say for how long to stay away.

    seconds: until the next attempt is taken
    advice: what the person can do instead
    """
    response = problem(request, 429, minutes=-(-seconds // 60), advice=advice)
    response["Retry-After"] = str(seconds)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "csrf_failure.html", status=403)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with fixed data, to look at and to test."""
    return render(request, "common/styleguide.html", samples.context(request))

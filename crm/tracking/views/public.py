"""What the customer's pages call: the script, the view that it reports, the pixel.

They know no user, set no cookie and answer at once; what they store is counted later.
"""

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm.common.scripts import script_response
from crm.common.senders import address_of, hashed, refuses_tracking
from crm.throttling.in_process import LocalLimit
from crm.throttling.services import network_of
from crm.tracking import buffer, events

MOST_BYTES = 4096
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A transparent GIF of one pixel."""


VIEWS = LocalLimit(settings.PAGE_VIEWS_PER_MINUTE)


def is_flood(request: HttpRequest) -> bool:
    """True if one network reports more views a minute than an office of a thousand people."""
    return bool(VIEWS.refuses(network_of(request)))


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The script at a short address that never changes."""
    return script_response("js/track.js")


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def hit(request: HttpRequest) -> HttpResponse:
    """Keep one page view. 204, whatever was sent: a page has no use for our opinion of it."""
    if request.method == "POST" and not refuses_tracking(request) and not is_flood(request):
        event = reported(request)
        if event is not None:
            buffer.append(event.written())
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Headers"] = "Content-Type"
    return response


def reported(request: HttpRequest) -> events.Event | None:
    """Return the view that the script reports, None if this is none or far too long."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or not 0 < int(length) <= MOST_BYTES:
        return None
    return events.of_body(
        request.read(int(length)),
        at=now(),
        agent=request.headers.get("User-Agent", ""),
        language=bool(request.headers.get("Accept-Language")),
    )


@require_safe
def pixel(request: HttpRequest) -> HttpResponse:
    """Count a view without JavaScript. Always 200 and the same picture."""
    if not refuses_tracking(request) and not is_flood(request):
        agent = request.headers.get("User-Agent", "")
        event = events.of_page(
            request.GET.get("u") or request.headers.get("Referer", ""),
            visitor=passer_by(request, agent),
            at=now(),
            agent=events.plain(agent, 300),
            language=bool(request.headers.get("Accept-Language")),
            driven=request.method == "HEAD",
        )
        if event is not None:
            buffer.append(event.written())
    response = HttpResponse(PIXEL, content_type="image/gif")
    response["Cache-Control"] = "no-store"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def passer_by(request: HttpRequest, agent: str) -> str:
    """Return an id for a browser without a cookie: good for one day, and for no lead.

    A keyed hash of day, address and user agent, so that its views of one day make sessions.
    """
    digits = hashed("passer-by", f"{now():%Y-%m-%d}", address_of(request), agent)
    return uuid.UUID(digits[:32]).hex

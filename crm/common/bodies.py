"""How large a request may be, by the kind of page that it goes to.

A form of ours is small; a stranger's is smaller; files have addresses of their own. What says that
it is larger is refused before a byte of it is read. (What does not say how large it is has no body
for Django.) The proxy samples in deploy/ know the same addresses.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

STRANGERS, USERS = 256 * 1024, 6 * 1024 * 1024
"""Bytes of a form from somebody who is not logged in, and from somebody who is."""
ROOM = 64 * 1024
"""Bytes of a form beside its file."""
LIMITS: dict[str, Callable[[], int]] = {}
"""Names of addresses that take files, and the bytes of the largest."""

Handler = Callable[[HttpRequest], HttpResponse]


def register_limit(name: str, limit: Callable[[], int]) -> None:
    """Let the address `name` take bodies of `limit()` bytes. Called from an AppConfig.ready."""
    LIMITS[name] = limit


def limit_of(request: HttpRequest) -> int:
    """Return how many bytes `request`, whose view is known, may have."""
    match = request.resolver_match
    if match and match.view_name in LIMITS:
        return LIMITS[match.view_name]() + ROOM
    return USERS if request.user.is_authenticated else STRANGERS


class BodyLimitMiddleware:
    """Refuse what is too large. Before the CSRF check, which reads the form."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdecimal() and len(length) < 20 else 0
        if not size or size <= limit_of(request):
            return None
        most = limit_of(request) / 1024 / 1024
        reason = f"{size / 1024 / 1024:,.1f} MB were sent; this page takes {most:,.4g} MB at most."
        return render(request, "413.html", {"reason": reason}, status=413)

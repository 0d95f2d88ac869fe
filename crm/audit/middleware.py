"""Every request is one act of its user, and every change in it is noted as theirs."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from crm.audit.acting import Door, acting


class ActingMiddleware:
    """Stands behind TimeZoneMiddleware, which has read the user already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.user.is_authenticated
        door = Door.SCREEN if known else Door.PUBLIC
        with acting(request.user.pk if known else None, door=door):
            return self.get_response(request)

"""What holds for every request: the first-run set-up comes first, times are local."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from crm.users.models import Organisation, organisation_read_once

Handler = Callable[[HttpRequest], HttpResponse]
FREE = ("/static/", "/healthz", "/setup/", "/login/", "/logout/")


class FirstRunMiddleware:
    """Send every page to the set-up until the organisation has been set up."""

    done = False
    """Seen to be done by this process: it never becomes undone, so nobody asks again."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.is_done() and not request.path.startswith(FREE):
            return redirect(reverse("setup"))
        return self.get_response(request)

    @staticmethod
    def is_done() -> bool:
        if not FirstRunMiddleware.done:
            FirstRunMiddleware.done = Organisation.objects.filter(set_up_at__isnull=False).exists()
        return FirstRunMiddleware.done


class TimeZoneMiddleware:
    """Show times in the user's zone, else in the organisation's, which is read once a request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with organisation_read_once():
            if request.user.is_authenticated:
                with timezone.override(request.user.zone):
                    return self.get_response(request)
            return self.get_response(request)

"""One place for every form that makes a record: the views know nothing of it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from crm.common.failures import answer_for
from crm.repeats.creating import CREATING
from crm.repeats.services import answer_once, key_of


class RepeatsMiddleware:
    """Let each form that makes a record count once. The last middleware: it calls the view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if request.method != "POST" or not match or match.view_name not in CREATING:
            return None
        if not (key := key_of(request)):
            return None
        try:
            return answer_once(request, key, view, *args, **kwargs)
        except Exception as error:
            if answer := answer_for(request, error):  # as FailuresMiddleware does for other views
                return answer
            raise

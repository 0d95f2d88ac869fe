"""How often one network may read a public page; what it sends is limited by each page itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from crm.common.views import too_many_requests
from crm.throttling.in_process import LocalLimit
from crm.throttling.services import network_of

View = Callable[..., HttpResponse]


def limit_reading(limit: LocalLimit) -> Callable[[View], View]:
    """Answer 429 with Retry-After to whoever reads the page too often. A POST is not counted."""

    def decorate(view: View) -> View:
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != "POST" and (seconds := limit.refuses(network_of(request))):
                return too_many_requests(request, seconds)
            return view(request, *args, **kwargs)

        return limited

    return decorate

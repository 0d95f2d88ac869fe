"""Scripts that other websites load: served at a short address of their own that never changes."""

from functools import cache

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse


@cache
def script_text(path: str) -> bytes:
    found = finders.find(path)
    assert isinstance(found, str)
    with open(found, "rb") as file:
        return file.read()


def script_response(path: str) -> HttpResponse:
    """Return the script at `path` among the static files, for pages of any origin."""
    response = HttpResponse(script_text(path), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={0 if settings.DEBUG else 86400}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

"""One logged-in user's connection to the server under measurement, without a browser's own work."""

import http.client
import time
from collections.abc import Iterator
from importlib import import_module
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from crm.users.models import User

FRAGMENT = {"HX-Request": "true"}
TOKEN = "b" * 32
"""Any token will do: Django compares the cookie with the header."""


class Browser:
    """Asks for pages as `user`, one after the other, over one kept connection."""

    def __init__(self, address: str, user: User) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=600)
        self.headers = {
            "Cookie": f"sessionid={session_of(user)}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }

    def get(
        self, path: str, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Raises RuntimeError for any answer but 200."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, **values: object) -> http.client.HTTPResponse:
        """Send a form as the page's script does. Raises RuntimeError where it is not taken."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", **FRAGMENT}
        return self.ask("POST", path, urlencode(values), headers)[0]

    def ask(
        self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request(method, path, body or None, {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 204, 302):
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content[:300]!r}")
        return answer, content

    def stream(self, path: str) -> Iterator[tuple[float, bytes]]:
        """Yield the pieces of a long answer, each with the seconds since it was asked for."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        while piece := answer.read(65536):
            yield time.perf_counter() - began, piece


def session_of(user: User) -> str:
    """Return the session cookie of a user who has logged in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)

"""A visitor with nothing but an HTTP client: no script, no cookie."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from campaigns.capture.models import CaptureForm

FRESH = re.compile(r'name="token" value="([^"]+)"')


def token_of(page: Any) -> str:
    found = FRESH.search(page.content.decode())
    assert found
    return found[1].replace("&#x27;", "'")


@pytest.fixture
def send() -> Callable[..., Any]:
    """Return a function that opens a form, waits, and sends it: the answer to the POST."""

    def open_and_send(
        form: CaptureForm, *, wait: float = 20, query: str = "", token: str = "", **values: str
    ) -> Any:
        client = Client(enforce_csrf_checks=True)
        url = form.public_path + query
        token = token or token_of(client.get(url))
        with time_machine.travel(now() + timedelta(seconds=wait), tick=False):
            return client.post(url, {"token": token, **values})

    return open_and_send

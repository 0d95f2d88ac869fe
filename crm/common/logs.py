"""What the log never says: links that let somebody in, and visitors' addresses."""

import re
from collections.abc import MutableMapping
from typing import Any

from django.conf import settings

SECRET = re.compile(r"(?<=[/=])[\w.:~%-]{20,}")
"""A part of an address as long as a key: of an invitation, a reset, a feed, a quote, a mail."""
HIDDEN = "…"
ADDRESS = "ip"


def hide_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
    """Hide long parts of addresses in every value that is text, and the visitor's address.

    A processor of structlog, for the lines of Django and gunicorn too.
    """
    if not settings.LOG_ADDRESSES:
        event.pop(ADDRESS, None)
    for name in ("event", "request", "message"):
        value = event.get(name)
        if isinstance(value, str):
            event[name] = SECRET.sub(HIDDEN, value)
    return event

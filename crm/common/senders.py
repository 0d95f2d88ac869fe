"""Who sent an anonymous request, as far as we want to know: a keyed hash, never the address."""

import hashlib
import hmac

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from, past the proxies that the settings trust."""
    trusted: int = getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0)
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if trusted and len(hops) >= trusted and hops[-trusted]:
        return hops[-trusted]
    return str(request.META.get("REMOTE_ADDR", ""))


def hashed(*parts: str) -> str:
    """Return 64 hex digits that stand for the parts, and say nothing without our secret key."""
    text = "\n".join(parts).encode()
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


def refuses_tracking(request: HttpRequest) -> bool:
    """True if the browser asks by Do Not Track or Global Privacy Control not to be followed."""
    return "1" in (request.headers.get("DNT"), request.headers.get("Sec-GPC"))

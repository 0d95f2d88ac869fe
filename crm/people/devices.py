"""Devices from which somebody has logged in before: a signed cookie says so, nothing is stored.

Whoever is known here has attempts of their own, which no stranger can use up
(docs/decisions/0076). The cookie lets nobody in.
"""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from crm.users.models import User

COOKIE = "tandem_device"
SALT = "crm.people.devices"
LIFE = 180 * 24 * 3600
"""Seconds after the last log-in for which a device stays known."""
MOST_USERS = 8
"""Users of one device that are remembered; the one who was here longest ago is forgotten."""


@dataclass(frozen=True)
class Device:
    """One browser: a random id, and the users who logged in with it, the latest first."""

    id: str
    users: tuple[int, ...]


def device_of(request: HttpRequest) -> Device | None:
    """Return the device that the cookie names; None without one that we signed."""
    try:
        name, users = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    return Device(name, tuple(users))


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the answer to a log-in say that `user` has been at this device."""
    known = device_of(request) or Device(secrets.token_urlsafe(18), ())
    others = [pk for pk in known.users if pk != user.pk]
    value = signing.dumps([known.id, [user.pk, *others[: MOST_USERS - 1]]], salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=LIFE, secure=settings.SECURE, httponly=True, samesite="Lax"
    )

"""The private address at which other calendars read a user's: whoever has it reads them.

Its token is random and stored as a digest alone: who reads our database opens no calendar.
"""

import hashlib
import secrets

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import now

from crm.activities.models import CalendarFeed
from crm.users.models import User


def digest_of(token: str) -> str:
    """Return what is stored of a token. It is long and random, so that no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_address(user: User) -> str:
    """Return a new private address of the user's calendar; an earlier one leads nowhere now."""
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.update_or_create(
        user=user, defaults={"digest": digest_of(token), "made_at": now()}
    )
    return f"{settings.SITE_URL}{reverse('activities:feed', args=[token])}"

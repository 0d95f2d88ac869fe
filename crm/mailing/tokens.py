"""Signed tokens for the links in mail: nobody but us can have made them, and they tell nothing."""

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

UNSUBSCRIBE, CLICK, OPEN = "unsubscribe", "click", "open"
MESSAGE, REPORT = "message", "report"
LONGEST = 200


def sign(purpose: str, *numbers: int) -> str:
    """Return a token for `numbers` (keys of rows) that is good for this purpose alone."""
    return signer(purpose).sign("-".join(str(number) for number in numbers))


def read(purpose: str, token: str) -> tuple[int, ...] | None:
    """Return the numbers that a token was made of; None if it was not made by us for this."""
    if len(token) > LONGEST:
        return None
    try:
        return tuple(int(number) for number in signer(purpose).unsign(token).split("-"))
    except (signing.BadSignature, ValueError):
        return None


def signer(purpose: str) -> signing.Signer:
    return signing.Signer(sep=".", salt=f"crm.mailing.{purpose}")


def opaque(purpose: str, text: str) -> str:
    """Return a name for `text` that says nothing: the same text always gets the same."""
    digest = salted_hmac(f"crm.mailing.{purpose}", text, algorithm="sha256").hexdigest()
    return digest[:32]


def message_id(name: str) -> str:
    """Return the Message-ID that a signed or opaque `name` makes."""
    return f"<{name}@{host()}>"


def host() -> str:
    """Return the host name of the site, without its port."""
    return str(settings.SITE_URL.split("/")[2].partition(":")[0])

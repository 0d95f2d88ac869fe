"""Signed tokens for the links in mail: nobody but us can have made them, and they tell nothing."""

from django.core import signing

UNSUBSCRIBE, CLICK, OPEN = "unsubscribe", "click", "open"
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

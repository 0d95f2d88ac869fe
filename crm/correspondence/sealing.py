"""Passwords that Tandem must be able to use are kept sealed: encrypted, not merely signed.

The key is derived from SECRET_KEY. Who changes that has to type the passwords again, unless the old
one stands in SECRET_KEY_FALLBACKS: then it still opens what it sealed.
"""

from base64 import urlsafe_b64encode
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac


class CannotOpen(Exception):
    """It was sealed with another key: the password has to be typed again."""


def seal(text: str) -> str:
    """Return `text` encrypted and authenticated (AES-128-CBC with HMAC-SHA256); "" stays ""."""
    return str(fernet().encrypt(text.encode()).decode()) if text else ""


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises CannotOpen if our key did not seal it."""
    if not sealed:
        return ""
    from cryptography.fernet import InvalidToken

    try:
        return str(fernet().decrypt(sealed.encode()).decode())
    except InvalidToken as error:
        raise CannotOpen("The password was kept under another key.") from error


def fernet() -> Any:
    """Return what encrypts with today's key and opens with any. Loaded when a password is used."""
    from cryptography.fernet import Fernet, MultiFernet

    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(key_of(str(secret))) for secret in secrets])


def key_of(secret: str) -> bytes:
    digest = salted_hmac("crm.correspondence.sealing", "1", secret, algorithm="sha256").digest()
    return urlsafe_b64encode(digest)

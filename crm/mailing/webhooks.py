"""The addresses at which a mail provider reports bounces and hands over mail (django-anymail).

Only the configured provider's are mounted, and only with a secret: without one anybody could report
bounces and complaints, and so suppress whom they like.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import URLPattern, path

from crm.common.bodies import USERS, register_limit

SHORTEST_SECRET = 16
NO_SECRET, WEAK_SECRET, UNKNOWN_PROVIDER = "mailing.E001", "mailing.E002", "mailing.E003"
NO_PROVIDER = "mailing.W001"


def secrets() -> list[str]:
    """Return the `user:password` pairs that a provider may log in with."""
    given = settings.ANYMAIL.get("WEBHOOK_SECRET") or []
    return [given] if isinstance(given, str) else list(given)


def provider_patterns(provider: str) -> list[URLPattern]:
    """Return django-anymail's patterns of one provider, such as "mailgun"; none it does not know.

    Imported here: the module loads the code of every provider.
    """
    from anymail.urls import urlpatterns

    return [each for each in urlpatterns if (each.name or "").startswith(f"{provider}_")]


def register_limits() -> None:
    """Let the configured provider hand over mail with its files, and many reports at once."""
    for pattern in provider_patterns(settings.MAIL_PROVIDER):
        is_mail = "inbound" in str(pattern.name)
        register_limit(f"anymail:{pattern.name}", mail_limit if is_mail else report_limit)


def mail_limit() -> int:
    return int(settings.WEBHOOK_MAX_BYTES)


def report_limit() -> int:
    return USERS


def webhook_urls() -> list[URLPattern | Any]:
    """Return what is mounted: the configured provider's webhooks; nothing without a secret."""
    from django.urls import include

    if not settings.MAIL_PROVIDER or not secrets():
        return []
    mounted = provider_patterns(settings.MAIL_PROVIDER)
    register_limits()
    return [path("anymail/", include((mounted, "anymail")))] if mounted else []


@register(Tags.security)
def webhooks_are_closed_to_strangers(
    app_configs: Sequence[Any] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A provider's webhooks need a secret that nobody guesses, and a provider that we know."""
    provider = settings.MAIL_PROVIDER
    if not settings.ANYMAIL and not provider:
        return []
    if not secrets():
        return [Error("A mail provider is configured without ANYMAIL_WEBHOOK_SECRET.",
                      hint="Set it to user:password and give the same to the provider. Without it"
                      " no webhook is mounted: bounces and complaints are not heard of.",
                      id=NO_SECRET)]  # fmt: skip
    if any(is_weak(secret) for secret in secrets()):
        return [Error("ANYMAIL_WEBHOOK_SECRET is too weak.",
                      hint=f"user:password; the password has {SHORTEST_SECRET} characters or more.",
                      id=WEAK_SECRET)]  # fmt: skip
    if not provider:
        return [Warning("ANYMAIL_… is set, but no provider: no webhook is mounted.",
                        hint="Set EMAIL_BACKEND to the provider's, or MAIL_PROVIDER to its name.",
                        id=NO_PROVIDER)]  # fmt: skip
    if not provider_patterns(provider):
        return [Error(f"django-anymail knows no webhook of the provider “{provider}”.",
                      hint="MAIL_PROVIDER is a name such as mailgun, postmark or amazon_ses.",
                      id=UNKNOWN_PROVIDER)]  # fmt: skip
    return []


def is_weak(secret: str) -> bool:
    user, colon, password = secret.partition(":")
    return not user or not colon or len(password) < SHORTEST_SECRET

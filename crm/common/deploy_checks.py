"""What `manage.py check --deploy` asks for beside Django's own checks."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

NO_PROXY, NO_SENDER = "common.W010", "common.W011"


@register(Tags.security, deploy=True)
def proxy_is_named(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without it every visitor has the proxy's address, and limits hit all of them together."""
    if not settings.SECURE or settings.BEHIND_PROXY is not None:
        return []
    hint = "Set BEHIND_PROXY=1 behind nginx or Caddy, BEHIND_PROXY=0 if gunicorn is asked directly."
    return [Warning("BEHIND_PROXY is not set.", hint=hint, id=NO_PROXY)]


@register(Tags.security, deploy=True)
def sender_is_named(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Mail from an example's address is refused, or marked as spam."""
    if "@example." not in settings.DEFAULT_FROM_EMAIL:
        return []
    hint = "Set DEFAULT_FROM_EMAIL to an address of your own, such as crm@your-company.com."
    return [Warning("DEFAULT_FROM_EMAIL is not set.", hint=hint, id=NO_SENDER)]

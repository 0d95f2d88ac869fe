"""Checks of the deployment (`manage.py check --deploy`)."""

from collections.abc import Sequence
from typing import Any

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

SILENT = "outbox.W001"
EVICTS = "outbox.W002"


@register(Tags.security, deploy=True)
def broker_keeps_its_messages(
    app_configs: Sequence[Any] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A full broker must refuse a hint, which we notice, and not drop one, which nobody notices."""
    if not settings.REDIS_URL:
        return []
    broker = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
    try:
        policy = broker.info("memory").get("maxmemory_policy", "noeviction")
    except redis.RedisError as error:
        return [Warning(f"The broker at REDIS_URL does not answer: {error}", id=SILENT)]
    finally:
        broker.close()
    if policy == "noeviction":
        return []
    hint = "Set `maxmemory-policy noeviction`. Tandem needs no Redis for a cache."
    return [Warning(f"The broker's Redis drops keys when full ({policy}).", hint=hint, id=EVICTS)]

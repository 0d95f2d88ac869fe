"""Where page views wait to be counted: a Redis stream, or a table without Redis.

Appending is all that a request does. With Redis down, the table takes over by itself; what waits
in either is counted by `crm.tracking.counting`, each view once. See docs/decisions/0012.
"""

import logging
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import redis
from django.conf import settings

from crm.tracking.models import Hit

logger = logging.getLogger(__name__)

STREAM = "tandem:page-views"
PAUSE_AFTER_FAILURE = 5.0
silent_until = 0.0


@cache
def client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None
    )


def append(line: str) -> None:
    """Keep one event. It is safe when this returns."""
    if not (settings.REDIS_URL and streamed(line)):
        Hit.objects.create(event=line)


def streamed(line: str) -> bool:
    """Append to the stream; False if Redis did not take it, or failed a moment ago."""
    global silent_until
    if time.monotonic() < silent_until:
        return False
    try:
        client().xadd(STREAM, {"event": line})
    except redis.RedisError:
        silent_until = time.monotonic() + PAUSE_AFTER_FAILURE
        logger.warning("Redis took no page view; the database will", exc_info=True)
        return False
    return True


def waiting_in_redis(most: int) -> list[tuple[bytes, str]]:
    """Return the oldest events of the stream, each with its place; none without Redis."""
    if not settings.REDIS_URL:
        return []
    try:
        rows: Any = client().xrange(STREAM, count=most)
    except redis.RedisError:
        logger.warning("Redis gave no page views", exc_info=True)
        return []
    return [(place, fields[b"event"].decode()) for place, fields in rows]


def drop_from_redis(places: Iterable[bytes]) -> None:
    """Forget events that are counted. Those that stay after an error are found to be counted."""
    try:
        client().xdel(STREAM, *places)
    except redis.RedisError:
        logger.warning("Redis kept page views that are counted", exc_info=True)

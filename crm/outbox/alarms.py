"""What rings the alarm: `/healthz/system` answers 503 with these reasons.

The system page is stricter and tells of a minute's silence; the alarm wakes somebody.
"""

import os
import uuid
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.timezone import now

from crm.common import triggers
from crm.outbox.health import ALARM_AFTER, Health

LEAST_FREE = 200 * 1024 * 1024
"""Bytes below which a disk counts as full."""
NO_DATABASE = "The database does not answer."


def reasons(state: Health) -> list[str]:
    """Return why somebody must look now, each with what to do; empty while the system works."""
    found = [silence(state), *late(state), triggers.trouble(), *disk_troubles(), cache_trouble()]
    return [reason for reason in found if reason]


def silence(state: Health) -> str:
    """Tell when neither a worker with beat nor `manage.py sweep --forever` is alive."""
    newest = max(state.beats.values(), default=None)
    if newest and now() - newest <= ALARM_AFTER:
        return ""
    return "No worker or beat has shown life for 5 minutes. Start a worker and beat."


def late(state: Health) -> list[str]:
    return [
        f"{queue.name.capitalize()} {queue.have} been waiting for "
        f"{int(queue.lag.total_seconds()) // 60} minutes. Read the log of the workers."
        for queue in state.queues
        if queue.lag > ALARM_AFTER
    ]


def folders() -> dict[str, Path]:
    """Return where this process writes: uploads, and the database where that is a file."""
    found = {"files": Path(settings.MEDIA_ROOT)}
    if connection.vendor == "sqlite" and Path(str(connection.settings_dict["NAME"])).is_file():
        found["database"] = Path(connection.settings_dict["NAME"]).parent
    return found


def disk_troubles() -> list[str]:
    return [trouble for name, path in folders().items() if (trouble := disk_trouble(name, path))]


def disk_trouble(name: str, path: Path) -> str:
    """Return what is wrong with the disk of a folder; the path itself is nobody's business."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        room = os.statvfs(path)
    except OSError:
        return f"The folder of the {name} is away. Mount its disk."
    if not os.access(path, os.W_OK):
        return f"The folder of the {name} cannot be written to. Check its disk and its owner."
    if room.f_bavail * room.f_frsize < LEAST_FREE:
        return f"The disk of the {name} has less than {LEAST_FREE // 1024**2} MB left. Make room."
    return ""


def cache_trouble() -> str:
    """Write a value to the cache and read it back. Pages work without it, only slower."""
    value = uuid.uuid4().hex
    try:
        cache.set("health", value, 60)
        answers = cache.get("health") == value
    except Exception:  # whatever a cache's client raises means the same
        answers = False
    return "" if answers else "The cache does not answer. Start it; until then pages are slower."

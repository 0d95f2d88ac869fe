"""Publishing hints to the broker: quick, at most once, and never a reason for a request to fail.

A hint may get lost; the sweeper then finds the row. After a failure nothing is published for a
few seconds, so that a broker that hangs costs one short wait and not one for every effect.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import Task

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 5.0
IN_A_SET = 100
"""Keys in one message: as many as are carried out in one transaction ..."""
APART = 10
"""... or, of effects that are carried out one by one, few, so that several workers share them."""
lost = 0
silent_until = 0.0
kept_keys: ContextVar[list[str] | None] = ContextVar("kept_keys", default=None)


def publish(keys: list[str], *, together: bool = False) -> None:
    """Tell the workers that the effects `keys` may be ready; inside `kept`, keep what is little.

    together: they are of kinds that are carried out in sets
    """
    from crm.outbox.tasks import carry_all

    size, kept = IN_A_SET if together else APART, kept_keys.get()
    if kept is not None and len(keys) <= size:
        kept.extend(keys)
        return
    for start in range(0, len(keys), size):
        quietly(carry_all, keys[start : start + size])


@contextmanager
def kept() -> Iterator[list[str]]:
    """Keep what is published inside this block in a list instead: who carries goes on with it."""
    keys: list[str] = []
    token = kept_keys.set(keys)
    try:
        yield keys
    finally:
        kept_keys.reset(token)


def quietly(task: Task, *args: object) -> None:
    """Publish `task` once; if the broker does not take it, count that and go on."""
    global lost, silent_until
    if time.monotonic() < silent_until:
        lost += 1
        return
    try:
        task.apply_async(args=args, retry=False)
    except Exception:
        lost += 1
        silent_until = time.monotonic() + PAUSE_AFTER_FAILURE
        logger.warning("the broker did not take a hint; the sweeper will", exc_info=True)

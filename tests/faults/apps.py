"""Effects that misbehave, known only to the workers of the fault tests."""

import os
import signal
from typing import Any

from django.apps import AppConfig

BURST, KILL = "faults.burst", "faults.kill"


def burst(payload: dict[str, Any]) -> None:
    raise ZeroDivisionError("poison")


def kill(payload: dict[str, Any]) -> None:
    """Die at once, as a handler does that eats all memory."""
    os.kill(os.getpid(), signal.SIGKILL)


class FaultsConfig(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        from crm.common.sqlite import base
        from crm.outbox import services as outbox

        base.LONG = 0.25
        outbox.register(BURST, burst)
        outbox.register(KILL, kill)

"""`manage.py sweep`: do what is due, without a broker. With --forever, until stopped.

It stands in for beat and worker: the tasks of the beat schedule, one after the other, here. Beside
them, it is harmless, and takes over when the broker is gone.
"""

import logging
import signal
import time
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.module_loading import import_string

from crm.outbox import services

logger = logging.getLogger(__name__)
PACE = 5.0
FIRST = "crm.outbox.tasks.sweep"


class Command(BaseCommand):
    help = "Carry out the effects that are due, send due mail, watch deadlines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help="every 5 seconds, until stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        self.next_at: dict[str, float] = {}
        self.stdout.write(f"{self.turn()} effects carried out")
        if options["forever"]:
            stop = Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            while not stop.wait(PACE):
                close_old_connections()
                self.turn()

    def turn(self) -> int:
        """Do what the beat schedule asks for now; return how many effects were carried out."""
        carried = self.safely("sweep", services.sweep)
        schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
        for entry in schedule.values():
            name, now = entry["task"], time.monotonic()
            if name != FIRST and now >= self.next_at.get(name, now):
                self.next_at[name] = now + entry["schedule"]
                self.safely(name, import_string(name))
        return carried

    def safely(self, name: str, work: Any) -> int:
        """Run one task; a failure is logged, and the others do not wait for it."""
        try:
            return work() or 0
        except Exception:
            logger.exception("%s failed", name)
            return 0

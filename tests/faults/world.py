"""A company at work while things break: its database, broker, workers, mail server and people."""

import asyncio
import logging
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from celery import current_app
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from crm.mailing.models import Mail
from crm.mailing.services import LEASE
from crm.outbox import hints
from crm.outbox.models import Effect
from crm.users.models import Organisation, Role, User, usual_week
from tests.factories import UserFactory
from tests.faults.processes import (
    BEAT,
    SWEEPER,
    WORKER,
    Broker,
    FileBroker,
    Process,
    RedisBroker,
    answers,
    free_port,
    wait_until,
)

FULL = os.environ.get("FAULTS_FULL") == "1"


@dataclass(frozen=True)
class Size:
    """How much happens. The short form is part of the suite, the full one is `make faults`."""

    rounds: int
    handoffs: int
    """a round"""
    rows: int
    """of the file that is imported meanwhile"""


SIZE = (
    Size(rounds=12, handoffs=50, rows=12_000) if FULL else Size(rounds=2, handoffs=12, rows=2_200)
)


class MailServer:
    """An SMTP server that counts what it gets by Message-ID."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(0)
        message_id = message_from_bytes(envelope.content)["Message-ID"]
        self.got[message_id.strip().removeprefix("<").partition("@")[0]] += 1
        return "250 OK"


@dataclass
class World:
    folder: Path
    broker: Broker
    mail: MailServer
    env: dict[str, str]
    worker: Process = field(init=False)
    beat: Process = field(init=False)
    others: list[Process] = field(default_factory=list)
    slowest: float = 0.0
    """seconds that a publish took, since `forget`"""

    def __post_init__(self) -> None:
        self.worker = self.process("worker", WORKER)
        self.beat = self.process("beat", BEAT)

    def process(self, name: str, command: list[str]) -> Process:
        return Process(self.folder, name, command, self.env)

    def heal(self) -> None:
        """Everything runs as it should, and nothing is left to do."""
        self.broker.start()
        self.worker.start()
        self.beat.start()
        hints.silent_until = 0.0
        self.slowest = 0.0

    def also(self, name: str, command: list[str]) -> Process:
        """Start a further process, for one test."""
        other = self.process(name, command)
        self.others.append(other)
        other.start()
        return other

    def sweeper(self, name: str) -> Process:
        return self.also(name, SWEEPER)

    def end_others(self) -> None:
        while self.others:
            self.others.pop().kill()

    def end(self) -> None:
        self.end_others()
        self.beat.kill()
        self.worker.kill()
        self.broker.stop()
        self.mail.controller.stop()

    # What happens -------------------------------------------------------------------------------

    def timed(self, quietly: Any) -> Any:
        """Wrap `hints.quietly` so that the slowest publish is known."""

        def publish(*args: Any) -> None:
            began = time.monotonic()
            quietly(*args)
            self.slowest = max(self.slowest, time.monotonic() - began)

        return publish

    def settle(self, patience: float = 240.0) -> None:
        """Wait, touching nothing, until no effect and no mail is left to do.

        The short form does not wait two minutes for the lease of a mail whose sender was killed.
        """
        wait_until(lambda: self.is_idle() or self.hurry_leases(), "all effects done", patience)

    def is_idle(self) -> bool:
        open_mail = Mail.objects.exclude(state__in=[Mail.State.SENT, Mail.State.FAILED])
        return not (Effect.objects.pending().exists() or open_mail.exists())

    def hurry_leases(self) -> None:
        if not FULL:
            held = Mail.objects.filter(state=Mail.State.SENDING)
            old = now() + LEASE - timedelta(seconds=5)
            held.filter(lease_until__lt=old).update(lease_until=now() - timedelta(seconds=1))

    # The web ------------------------------------------------------------------------------------

    def web(self) -> int:
        """Start a web server of two processes; return its port once it answers."""
        port = free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "crm.wsgi", "--no-control-socket"]
        bind = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
        self.also("web", gunicorn + bind)
        wait_until(lambda: answers(port), "the web server answers")
        return port


def cookies(user: User) -> dict[str, str]:
    """Return what the browser of a signed-in user sends with each request."""
    client = Client()
    client.force_login(user)
    token = "t" * 32
    session = client.cookies["sessionid"].value
    return {"Cookie": f"sessionid={session}; csrftoken={token}", "X-CSRFToken": token}


def found_company() -> None:
    """Set up the organisation, its reps, and the marketing manager to whom verdicts come home."""
    Organisation.objects.create(
        pk=1, name="Acme", currency="EUR", workdays=usual_week(), set_up_at=now(),
        postal_address="1 Acme Road",
    )  # fmt: skip
    for n in range(3):
        UserFactory(name=f"Rep {n}", email=f"rep{n}@faults.example", capacity=1_000_000)
    for role in (Role.SALES_MANAGER, Role.MARKETING_MANAGER):
        UserFactory(name=role.label, email=f"{role.value}@faults.example", role=role)


def environment(folder: Path, broker: Broker, mail: MailServer) -> dict[str, str]:
    """Return the environment of the processes: this test's database, broker and mail server."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        database = f"sqlite:///{name}"
    else:
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    added = {
        "DATABASE_URL": database,
        "TANDEM_VAR": str(folder),
        "SECRET_KEY": settings.SECRET_KEY,
        "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "PYTHONWARNINGS": "ignore",
        "LOG_LEVEL": "WARNING",
    }
    if isinstance(broker, RedisBroker):
        added["REDIS_URL"] = broker.url
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("REDIS", "PYTEST"))}
    return inherited | added


def build(folder: Path) -> World:
    """Start the servers; workers and beat start with the first test."""
    broker = RedisBroker(folder) if settings.REDIS_URL else FileBroker(folder)
    broker.start()
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    mail = MailServer()
    mail.controller.start()
    return World(folder, broker, mail, environment(folder, broker, mail))


def point_at(broker: Broker) -> None:
    """Let this process publish to `broker`."""
    current_app.conf.broker_url = broker.url
    current_app.conf.broker_transport_options = broker.options
    current_app._after_fork()

"""How fast a newsletter leaves: one sending process, a local SMTP server that takes all."""

import contextlib
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from bench.server import free_port
from campaigns.newsletters import planning, sending
from campaigns.newsletters.models import MarketingMail, Newsletter
from crm.outbox import services as outbox
from leads import addresses
from leads.models import Lead

BLOCKS = [
    {"kind": "heading", "text": "What is new, {{ first_name | there }}"},
    {"kind": "text", "text": "Hello {{ first_name | there }}, [read](https://example.com/news)."},
    {"kind": "button", "text": "See it", "url": "https://example.com/demo"},
]


@dataclass(frozen=True)
class Measured:
    """Messages that the server took, and messages a second from the first claim to the last."""

    messages: int
    rate: float
    database: str


def measure(readers: int = 3_000) -> Measured:
    """Send a newsletter to so many, on the database that is configured."""
    port = free_port()
    sink = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink",
         "-l", f"127.0.0.1:{port}"]
    )  # fmt: skip
    settings.MAIL_KEPT, settings.EMAIL_BACKEND = False, "crm.mailing.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    newsletter = prepared(readers)
    wait_for_server(port)
    began = time.perf_counter()
    while MarketingMail.objects.filter(newsletter=newsletter).open().exists():
        sending.send_due(seconds=60)
    took = time.perf_counter() - began
    sink.terminate()
    sink.wait(10)
    sent = newsletter.mails.filter(state=MarketingMail.State.SENT).count()
    return Measured(sent, sent / took, connection.vendor)


def wait_for_server(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("The SMTP server did not start.")


def prepared(readers: int) -> Newsletter:
    """Return a newsletter under way to so many new leads, its audience frozen."""
    stamp = time.time_ns()
    leads = Lead.objects.bulk_create(
        [
            Lead(name=f"Reader {n}", email=f"r{n}.{stamp}@example.com", consent=True)
            for n in range(readers)
        ],
        batch_size=500,
    )
    addresses.write(leads, new=True)
    newsletter = Newsletter.objects.create(
        name="Bench", subject="News for {{ first_name }}", blocks=BLOCKS, rate_per_minute=60_000
    )
    planning.schedule(newsletter, None)
    while outbox.sweep():
        pass
    return newsletter

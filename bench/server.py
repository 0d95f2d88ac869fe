"""The application under measurement: gunicorn with 2 workers on the benchmark's database."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def serving(settings: str = "bench.settings") -> Iterator[str]:
    """Run the web server; yield its address."""
    with running(settings) as (address, _):
        yield address


@contextmanager
def running(settings: str = "bench.settings") -> Iterator[tuple[str, int]]:
    """Run the web server; yield its address and its process id."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "crm.wsgi", "-w", "2", "-b", f"127.0.0.1:{port}",
               "--log-level", "warning"]  # fmt: skip
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "LOG_LEVEL": "ERROR",
        "PAGE_VIEWS_PER_MINUTE": "0",
    }
    process = subprocess.Popen(command, env=environ)  # noqa: S603
    try:
        yield wait_for(f"http://127.0.0.1:{port}"), process.pid
    finally:
        process.terminate()
        process.wait(10)


def wait_for(address: str, seconds: float = 30) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5)  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return address
    raise TimeoutError("The web server did not start.")


def wait_until_open(port: int, seconds: float = 60) -> None:
    """Wait until something listens on the port, whatever it serves."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"Nothing listens on port {port}.")

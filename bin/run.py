"""Start Tandem: web server, Celery worker and beat together, all real (`make run`).

Brings the database up to date first, fills an empty one with the demo company, and prints the
address and the log-ins once the server answers. Ctrl-C stops everything.

Environment: PORT (8000), HOST (127.0.0.1), and what docs/operations.md lists.
"""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
LOCAL = {"127.0.0.1", "0.0.0.0"}  # noqa: S104  compared with, not listened on
ANSWER_WITHIN, END_WITHIN, RESTART_AFTER = 60.0, 5.0, 2.0  # seconds
WEB_FIRST = 3.0
"""Seconds that the web server has the processors for itself, unless it answers before."""
QUIET_WEB = "--preload --log-level warning --no-control-socket"
WORKER = "celery --quiet --app crm worker --concurrency 2 --loglevel warning"
BEAT = "celery --quiet --app crm beat --loglevel warning"

AS_ROOT = "ignore:You're running the worker"  # a container has no other user

Child = subprocess.Popen[bytes]


def read_environment() -> tuple[str, int]:
    """Fill the gaps of the environment; return where the web server shall listen."""
    environ.Env.read_env(ROOT / ".env")
    host = os.environ.setdefault("HOST", "127.0.0.1")
    port = os.environ.setdefault("PORT", "8000")
    if not port.isdigit():
        sys.exit(f"PORT must be a number, not {port!r}.")
    os.environ.setdefault("SITE_URL", f"http://localhost:{port}")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    os.environ.setdefault("PYTHONWARNINGS", AS_ROOT)
    return host, int(port)


def refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(
                f"Cannot listen on {host}:{port}: {error.strerror}.\n"
                f"Is Tandem running already? Another port: PORT={port + 1} make run"
            )


def prepare_database() -> str:
    """Migrate, fill an empty database, and return the demo company's log-ins as text."""
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    print("Bringing the database up to date.", flush=True)
    call_command("migrate", verbosity=0, interactive=False)
    logins = io.StringIO()
    call_command("seed_demo", "--if-empty", stdout=logins)
    connections.close_all()
    return logins.getvalue().rstrip()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310  our own address
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def address_of(host: str, port: int) -> str:
    return f"http://{'localhost' if host in LOCAL else host}:{port}/"


def answered_within(url: str, seconds: float) -> bool:
    """Wait for an answer; False if none came."""
    give_up = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.1)
    return True


def announce(host: str, port: int, logins: str) -> None:
    """Print the address and the log-ins as soon as the server answers."""
    url = address_of(host, port)
    if not answered_within(url, ANSWER_WITHIN):
        print(f"No answer from {url} yet; see the lines above.", flush=True)
        return
    print(f"\nTandem is running: {url}\n\n{logins}\n\nStop it with Ctrl-C.\n", flush=True)


def start(command: list[str]) -> Child:
    return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, start_new_session=True)


def wait_for_end(children: list[Child], commands: list[list[str]], stop: threading.Event) -> None:
    """Return when a signal asks for it, the web server has ended, or `make`, which started us.

    A worker or a beat that ends is started again after a pause.
    """
    parent = os.getppid()
    while not stop.wait(0.3):
        orphaned = "MAKELEVEL" in os.environ and os.getppid() != parent
        if orphaned or children[0].poll() is not None:
            return
        for place, child in enumerate(children):
            if child.poll() is not None and not stop.wait(RESTART_AFTER):
                print(
                    f"\nThis ended by itself, and is started again: {commands[place]}", flush=True
                )
                children[place] = start(commands[place])


def end(children: list[Child]) -> None:
    """Ask each child to end, then kill what is left of its process group.

    Only the child is asked, not its group: a Celery worker that loses its pool first hangs. What
    a killed worker had in hand stays in its row, and the next sweep takes it.
    """
    for child in children:
        child.terminate()
    give_up = time.monotonic() + END_WITHIN
    while time.monotonic() < give_up and any(child.poll() is None for child in children):
        time.sleep(0.1)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def supervise(commands: list[list[str]], host: str, port: int, logins: str) -> int:
    """Run the processes, the web server first, until a signal comes; return the exit status."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    children = [start(commands[0])]
    threading.Thread(target=announce, args=(host, port, logins), daemon=True).start()
    try:
        answered_within(address_of(host, port), WEB_FIRST)
        children += [start(command) for command in commands[1:]]
        wait_for_end(children, commands, stop)
        ended = [c.args for c in children if c.returncode is not None]
        print(f"\nThis ended by itself: {ended}" if ended else "\nStopping.", flush=True)
    finally:
        end(children)
    return 1 if ended else 0


def main() -> None:
    sys.path.insert(0, str(ROOT))
    host, port = read_environment()
    refuse_taken_port(host, port)
    logins = prepare_database()
    web = f"gunicorn crm.wsgi --bind {host}:{port} --workers 2 --threads 4 {QUIET_WEB}"
    commands = [web, WORKER, BEAT]
    sys.exit(supervise([command.split() for command in commands], host, port, logins))


if __name__ == "__main__":
    main()

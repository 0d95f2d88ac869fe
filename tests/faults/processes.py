"""Real processes to kill: workers, beats, sweepers, web servers, and a broker of their own.

Each has a process group of its own, killed as a whole, so that nothing is left behind and nothing
else on the machine is touched.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import redis

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds within which a busy machine surely gets there; what is quick is never waited for."""


def wait_until(happened: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return as soon as `happened()` is true; fail after `patience` seconds."""
    give_up = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < give_up, f"not within {patience:.0f} s: {what}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Process:
    """One command in its own process group, started, killed and started again."""

    def __init__(self, folder: Path, name: str, command: list[str], env: dict[str, str]) -> None:
        self.log = folder / f"{name}.log"
        self.command = command
        self.env = env
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        return self.child is not None and self.child.poll() is None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def start(self) -> None:
        if self.runs:
            return
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the whole group."""
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
            self.child = None

    def children(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.pid).children())
        return []

    def said(self, words: str) -> int:
        """Return how often the log has `words`."""
        return self.log.read_text(errors="replace").count(words) if self.log.exists() else 0


class RedisBroker:
    """A Redis that persists nothing, to be killed, stopped and filled up."""

    name = "Redis"

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.options = {
            "socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0
        }  # fmt: skip
        command = [shutil.which("redis-server") or "redis-server", "--port", str(self.port)]
        command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        self.server = Process(folder, "redis", command, dict(os.environ))
        self.client = redis.Redis(port=self.port)

    def start(self) -> None:
        self.server.start()
        wait_until(lambda: answers(self.port), "Redis answers")

    def stop(self) -> None:
        self.server.kill()

    def lose(self) -> None:
        """Lose every message: killed, nothing persisted, started again."""
        self.server.kill()
        self.start()
        self.client.flushall()

    def hang(self) -> None:
        os.kill(self.server.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.server.pid, signal.SIGCONT)

    def fill(self) -> None:
        self.client.config_set("maxmemory", "1mb")

    def make_room(self) -> None:
        self.client.config_set("maxmemory", 0)

    def put_garbage(self) -> None:
        self.client.lpush("celery", b"\xff{ no message")
        self.client.lpush("celery", b'{"body": "%%%", "headers": {}, "properties": {}}')


class FileBroker:
    """The embedded broker: messages are files in a folder that somebody may remove."""

    name = "files"
    url = "files://"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "broker"
        places = {"data_folder_in": "queue", "data_folder_out": "queue"}
        places |= {"processed_folder": "processed", "control_folder": "control"}
        self.options = {key: str(self.folder / name) for key, name in places.items()}

    def start(self) -> None:
        for name in ("queue", "processed", "control"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def stop(self) -> None:
        pass

    def lose(self) -> None:
        """Lose every message, and the folder with them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def put_garbage(self) -> None:
        (self.folder / "queue" / "0_garbage.celery.msg").write_bytes(b"\xff{ no message")
        (self.folder / "queue" / "1_garbage.celery.msg").write_bytes(
            b'{"body": "%%%", "headers": {}, "properties": {}}'
        )


Broker = RedisBroker | FileBroker


def celery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "crm", *arguments]


WORKER = celery("worker", "--concurrency", "2", "--loglevel", "info")
BEAT = celery("beat", "--loglevel", "info")
SWEEPER = [sys.executable, "manage.py", "sweep", "--forever"]

"""Export: rows a second, the first byte, and what the server's memory grows by."""

from dataclasses import dataclass
from pathlib import Path

from bench.browser import Browser
from bench.pages import user_of


@dataclass(frozen=True)
class Export:
    rows: int
    seconds: float
    first_byte_ms: float
    grown_mb: float

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def export(address: str, server: int) -> Export:
    """Read all leads as CSV. server: the process id of gunicorn, whose workers are watched"""
    browser = Browser(address, user_of("manager"))
    for _ in range(4):  # both workers have their code loaded
        browser.get("/leads/")
    before, rows, first, last = memory(server, "VmRSS"), 0, 0.0, 0.0
    for at, piece in browser.stream("/leads/export/"):
        first, last, rows = first or at, at, rows + piece.count(b"\n")
    grown = max(after - before[pid] for pid, after in memory(server, "VmHWM").items())
    return Export(rows - 1, last, first * 1000, grown)


def memory(server: int, what: str) -> dict[int, float]:
    """Return a figure of /proc for each worker, in MB."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    found = {}
    for pid in map(int, children):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith(what))
        found[pid] = int(kilobytes) * 1024 / 1e6
    return found

"""Import: rows per second and peak memory of `manage.py import_file`, on both databases."""

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One import. Memory is the peak of the process beyond that of one with a tenth of the rows."""

    rows: int
    seconds: float
    peak_mb: float

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def write_file(path: Path, rows: int) -> None:
    """Write leads with an identifier, an e-mail, a channel, a campaign and a date."""
    with path.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["id", "name", "email", "origin", "page", "contacted"])
        for n in range(rows):
            writer.writerow(
                [f"x{n}", f"Person {n}", f"p{n}@example.com", f"channel {n % 9}",
                 f"page {n % 200}", f"{n % 28 + 1:02}-{n % 12 + 1:02}-2025"]
            )  # fmt: skip


def run(rows: int, database_url: str) -> Run:
    """Import `rows` new leads by the command, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        write_file(path, rows)
        maps = ["external_id=id", "name=name", "email=email", "channel=origin", "campaign=page",
                "mql_at=contacted"]  # fmt: skip
        command = [sys.executable, "manage.py", "import_file", "leads", str(path)]
        command += [part for pair in maps for part in ("--map", pair)]
        command += ["--date-format", "%d-%m-%Y"]
        environ = {**os.environ, "DATABASE_URL": database_url, "LOG_LEVEL": "ERROR"}
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"import_file ended with {status}")
    return Run(rows, seconds, peak(usage))


def peak(usage: resource.struct_rusage) -> float:
    """Return the peak resident memory in MB; Linux counts in KiB."""
    return usage.ru_maxrss * 1024 / 1e6

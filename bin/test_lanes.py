"""Run the tests in their lanes and say at the end which lanes ran.

    test_lanes.py test     the whole suite: SQLite with the file broker, then PostgreSQL with Redis,
                           then a short form of the faults, one at a time
    test_lanes.py e2e      browser journeys at length, in the last lane that this machine has
    test_lanes.py faults   killed workers, hung brokers ... one at a time, in both lanes, at length

More arguments go to pytest. The services lane takes DATABASE_URL and REDIS_URL, else what answers
at the default local addresses. With TANDEM_DEMAND_SERVICES=1 a missing service or browser is a
failure; without it the lane is left out and named.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg2
import redis

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = "postgres://postgres@127.0.0.1:5432"
REDIS = "redis://127.0.0.1:6379/15"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_TEST_CHOSEN = 5  # pytest's exit status
TAIL = 400  # bytes of output that surely hold pytest's last line


@dataclass(frozen=True)
class Lane:
    """One run of pytest: its name, what it runs on, which tests it takes."""

    name: str
    environment: dict[str, str]
    markers: str
    parallel: int = 0

    def only(self, markers: str) -> "Lane":
        return replace(self, markers=" and ".join(filter(None, (markers, self.markers))))


def postgres_url() -> str | None:
    """Return where the tests may make their databases, or None where no PostgreSQL answers."""
    url = os.environ.get("DATABASE_URL", f"{POSTGRES}/postgres")
    if not url.startswith("postgres"):
        return None
    try:
        psycopg2.connect(url, connect_timeout=3).close()
    except psycopg2.OperationalError:
        return None
    return os.environ.get("DATABASE_URL", f"{POSTGRES}/tandem_{os.getpid()}")


def redis_url() -> str | None:
    url = os.environ.get("REDIS_URL", REDIS)
    try:
        redis.Redis.from_url(url, socket_connect_timeout=3).ping()
    except redis.RedisError:
        return None
    return url


def services() -> dict[str, str] | None:
    database, broker = postgres_url(), redis_url()
    if database and broker:
        return {"DATABASE_URL": database, "REDIS_URL": broker}
    return None


def browser() -> str | None:
    on_path = filter(None, map(shutil.which, BROWSERS))
    return os.environ.get("TANDEM_CHROMIUM") or next(on_path, None)


def plan(goal: str, found: dict[str, str] | None, chromium: str | None) -> list[Lane]:
    """Return the lanes of `goal` on this machine.

    The browser walks, and hostile values come, in the last lane only: NUL and numbers too large
    hurt PostgreSQL more.
    """
    lanes = [Lane("SQLite, file broker", {}, "not services")]
    if found:
        lanes.append(Lane("PostgreSQL, Redis", found, "not embedded"))
    if goal == "e2e":
        return [lanes[-1].only("e2e")]
    if goal == "faults":
        return [lane.only("faults") for lane in reversed(lanes)]
    plain = "not faults and not fuzz and not e2e"
    last = "not faults" if chromium else "not faults and not e2e"
    suite = [*(lane.only(plain) for lane in lanes[:-1]), lanes[-1].only(last)]
    faults = [replace(lane.only("faults"), name=f"{lane.name}, faults") for lane in lanes]
    return [*(replace(lane, parallel=2) for lane in suite), *faults]


def run(lane: Lane, arguments: list[str]) -> tuple[bool, str]:
    """Run pytest in `lane`, showing its output as it comes; return (all passed, its last line)."""
    print(f"\n== {lane.name} ==", flush=True)
    (ROOT / "var").mkdir(exist_ok=True)
    inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    with tempfile.TemporaryDirectory(prefix="tests-", dir=ROOT / "var") as folder:
        pytest = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "pytest",
                "-n",
                str(lane.parallel),
                "-m",
                lane.markers,
                *arguments,
            ],
            cwd=ROOT,
            env=inherited | {"TANDEM_VAR": folder} | lane.environment,
            stdout=subprocess.PIPE,
        )
        tail = b""
        while chunk := os.read(pytest.stdout.fileno(), 4096):  # type: ignore[union-attr]
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            tail = (tail + chunk)[-TAIL:]
        passed = pytest.wait() in ({0, NO_TEST_CHOSEN} if arguments else {0})
    return passed, tail.decode(errors="replace").strip().rpartition("\n")[2]


def missing(found: dict[str, str] | None, chromium: str | None) -> list[str]:
    """Return a sentence for each thing that this machine lacks."""
    lacks = []
    if not found:
        lacks.append("PostgreSQL and Redis do not both answer: their lane did not run")
    if not chromium:
        lacks.append("no Chromium: the browser tests did not run")
    return lacks


def main() -> None:
    goal, *arguments = sys.argv[1:] or ["test"]
    if goal not in {"test", "e2e", "faults"}:
        sys.exit(__doc__)
    found, chromium = services(), browser()
    demanded = os.environ.get("TANDEM_DEMAND_SERVICES") == "1" or (goal == "e2e" and not chromium)
    lacks = missing(found, chromium)
    if demanded and lacks:
        sys.exit("\n".join(["Demanded, but:", *lacks]))
    if chromium:
        os.environ["TANDEM_CHROMIUM"] = chromium  # tests/e2e/conftest.py starts this one
    if goal != "test":
        os.environ[f"{goal.upper()}_FULL"] = "1"
    lanes = plan(goal, found, chromium)
    results = [run(lane, arguments) for lane in lanes]
    print("\nLanes that ran:")
    for lane, (_, summary) in zip(lanes, results, strict=True):
        print(f"  {lane.name}: {summary}")
    print("".join(f"  NOT RUN: {sentence}\n" for sentence in lacks), end="")
    sys.exit(0 if all(passed for passed, _ in results) else 1)


if __name__ == "__main__":
    main()

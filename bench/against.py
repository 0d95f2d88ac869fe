"""`make bench-peer`: Tandem's pages beside DjangoCRM's, in one run on one machine.

DjangoCRM is installed into var/peer from the package index, as its users install it; of the three
CRMs that docs/performance.md compares with it is the one that pip alone sets up. It needs Python
3.12. Both serve BENCH_SIZE leads and a fifth as many deals from one PostgreSQL server by gunicorn
with 2 sync workers, and are asked in turn, page by page.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.__main__ import SIZES, child, create_database, make_database, print_line

HERE = Path(__file__).parent / "peer"
HOME = Path("var/peer").resolve()
PYTHON = HOME / "bin/python"
ROUNDS, WARM_UP = 30, 10


@dataclass(frozen=True)
class Pair:
    """A page of both. bar: the share of DjangoCRM's time that Tandem's may take"""

    name: str
    theirs: str
    ours: str
    bar: float
    role: str = "manager"
    as_one_types: bool = False


def pairs(peer: dict[str, Any], lead: int, deal: int) -> list[Pair]:
    crm, statistics = "/en/123/crm", "/en/123/analytics"
    home, funnel = "/en/123/", "/reports/funnel/?period=12m&by=campaign"
    return [
        Pair("lead list", f"{crm}/lead/", "/leads/", 0.10),
        Pair("lead search", f"{crm}/lead/?q=costa", "/leads/?q=costa", 0.07, as_one_types=True),
        Pair("lead record", f"{crm}/lead/{peer['lead']}/change/", f"/leads/{lead}/", 0.75),
        Pair("deal record", f"{crm}/deal/{peer['deal']}/change/", f"/deals/{deal}/", 0.75),
        Pair("deal board", f"{crm}/deal/", "/deals/?view=board", 0.15),
        Pair("handoff queue, beside its home", home, "/handoff/", 1.2),
        Pair("a rep's day, beside its home", home, "/", 1.2, role="rep"),
        Pair("funnel", f"{statistics}/salesfunnel/", funnel, 1.0),
    ]


def main() -> None:
    leads = SIZES[os.environ.get("BENCH_SIZE", "100k")]
    install()
    theirs = make_peer(leads)
    ours = make_database(f"tandem_bench_{leads}", fresh=False)
    sys.stdout.write(child("-m", "bench.run_against", str(leads), theirs, database=ours))


def install() -> None:
    """Put DjangoCRM into an environment of its own, once."""
    if PYTHON.exists():
        return
    print_line("Installing DjangoCRM into var/peer …")
    run([interpreter(), "-m", "venv", str(HOME)])
    wanted = str(HERE / "requirements.txt")
    run([str(PYTHON), "-m", "pip", "install", "--quiet", "--no-deps", "-r", wanted])


def interpreter() -> str:
    """Return a Python that DjangoCRM runs on: PEER_PYTHON, or one on the path."""
    wanted = os.environ.get("PEER_PYTHON")
    for name in [wanted] if wanted else ["python3.12", "python3.13"]:
        found = shutil.which(name)
        if found and not subprocess.run([found, "--version"], capture_output=True).returncode:  # noqa: S603, PLW1510
            return found
    raise SystemExit("DjangoCRM needs Python 3.12: install it, or say where it is in PEER_PYTHON.")


def make_peer(leads: int) -> str:
    """Create DjangoCRM's database and its company; return the URL."""
    import psycopg2

    url = create_database(f"tandem_bench_peer_{leads}", fresh=True)
    manage = next(HOME.glob("lib/*/site-packages/manage.py"))
    for command in ("migrate", "setupdata"):
        run([str(PYTHON), str(manage), command], PEER_DATABASE=url)
    with psycopg2.connect(url) as seeding, seeding.cursor() as cursor:
        cursor.execute((HERE / "seed.sql").read_text(), {"leads": leads})
    return url


def run(command: list[str], **extra: str) -> str:
    """Run a command of the peer's; return what it prints."""
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "peer_settings", **extra}
    environ["PYTHONPATH"] = str(HERE)
    done = subprocess.run(  # noqa: S603
        command, env=environ, cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def serving_peer(url: str, port: int) -> Iterator[str]:
    """Run DjangoCRM's web server; yield its address."""
    command = [str(PYTHON), "-m", "gunicorn", "webcrm.wsgi", "-w", "2", "-b", f"127.0.0.1:{port}",
               "--log-level", "warning"]  # fmt: skip
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "peer_settings", "PEER_DATABASE": url}
    environ["PYTHONPATH"] = str(HERE)
    process = subprocess.Popen(command, env=environ, cwd=HERE)  # noqa: S603
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def session_of_peer(url: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        run([str(PYTHON), str(HERE / "peer_session.py")], PEER_DATABASE=url).splitlines()[-1]
    )
    return told


def line(pair: Pair, theirs: list[float], ours: list[float], queries: tuple[int, int]) -> str:
    """Write one row of the table."""
    they, we = median(theirs), median(ours)
    held = "held" if we <= pair.bar * they else "missed"
    cells = (f"{they:.1f} [{queries[0]}]", f"{we:.1f} [{queries[1]}]", f"{we / they:.2f}")
    return f"{pair.name:32}" + "".join(f"{cell:>14}" for cell in cells) + f"{pair.bar:>8}  {held}"


if __name__ == "__main__":
    main()

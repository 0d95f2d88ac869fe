"""`make bench`: seed a large company and print what each operation costs.

BENCH_SIZE (10k, 100k, 1m) is the number of leads; the growth column compares with a tenth of it,
that of the reports with 10,000. BENCH_ONLY=reports leaves all but the reports out.
BENCH_DATABASE is a PostgreSQL server's URL; databases named tandem_bench_* are made and kept there.
"""

import json
import os
import subprocess
import sys
from typing import Any

from bench.bars import Bar

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1m": 1_000_000}
SERVER = os.environ.get("BENCH_DATABASE", "postgres://postgres@127.0.0.1:5432")
IMPORTED = int(os.environ.get("BENCH_IMPORT_ROWS", "50000"))


def child(*args: str, database: str, **extra: str) -> str:
    """Run a part of the benchmark as a process of its own on `database`; return what it prints."""
    environ = {**os.environ, "DATABASE_URL": database, "LOG_LEVEL": "ERROR", **extra}
    command = [sys.executable, *args]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return done.stdout


def make_database(name: str, *, fresh: bool) -> str:
    """Create and migrate a database of this name; return its URL. `fresh` drops it first."""
    url = create_database(name, fresh=fresh)
    child("manage.py", "migrate", "-v0", database=url)
    return url


def create_database(name: str, *, fresh: bool) -> str:
    """Create an empty database of this name unless there is one; return its URL."""
    import psycopg2

    connection = psycopg2.connect(f"{SERVER}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        if fresh:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    return f"{SERVER}/{name}"


def main() -> None:
    leads = SIZES[os.environ.get("BENCH_SIZE", "100k")]
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    print_line(f"Tandem on PostgreSQL: {leads:,} leads and a tenth of that, one run; load {load}")
    child("manage.py", "collectstatic", "--noinput", "-v0", database="sqlite:///:memory:")
    if os.environ.get("BENCH_ONLY") == "reports":
        reports(leads)
        return
    small = measured(leads // 10)
    large = measured(leads)
    print_line("")
    missed = print_table(large, small)
    reports(leads)
    print_export(large["export"], small["export"])
    imports()
    latency()
    tracking()
    newsletter()
    segments(leads)
    print_line(f"bars missed: {', '.join(missed) if missed else 'none'}")


def print_table(large: dict[str, Any], small: dict[str, Any]) -> list[str]:
    """Print a row for each operation with its bar; return the names of those that miss theirs."""
    head = ("operation", "queries", "SQL ms", "median ms", "p95 ms", "kB", "gz kB", "floors")
    print_line(("{:36}" + "{:>10}" * 7 + "{:>8}  bar").format(*head, "growth"))
    floor, missed = floor_of(large), []
    for name in [name for name in large if name != "export"]:
        row, before = large[name], small.get(name)
        floors, growth = row["median"] / floor, row["median"] / before["median"] if before else 0
        bar, kilobytes = Bar(**row["bar"]), row["raw"] / 1000
        broken = bar.missed(row["queries"], floors, growth, kilobytes)
        missed += [f"{name} ({', '.join(broken)})"] if broken else []
        verdict = (
            f"{bar}: {'misses ' + ', '.join(broken) if broken else 'held'}" if str(bar) else ""
        )
        times = row["sql"], row["median"], row["p95"]
        figures = (*times, kilobytes, row["packed"] / 1000, floors)
        cells = [f"{row['queries']}", *(f"{figure:.1f}" for figure in figures), f"x{growth:.2f}"]
        print_line(
            ("{:36}" + "{:>10}" * 7 + "{:>8}  {}").format(name, *cells, verdict if str(bar) else "")
        )
    return missed


def floor_of(figures: dict[str, Any]) -> float:
    """Return the floor: the mean of that before and that after the pages, for the load drifts."""
    before, after = (float(figures[f"floor, {when}"]["median"]) for when in ("before", "after"))
    return (before + after) / 2


def print_export(large: dict[str, Any], small: dict[str, Any]) -> None:
    print_line("")
    print_line(
        f"export: {large['rows']:,} rows, {large['rate']:,.0f} rows/s "
        f"(x{large['rate'] / small['rate']:.2f} of the smaller), first byte "
        f"{large['first_byte_ms']:.0f} ms, +{large['grown_mb']:.0f} MB; "
        "bar 24,000 rows/s, 300 ms, +50 MB"
    )


def measured(leads: int) -> dict[str, Any]:
    """Seed a company of that size and measure it: the figures by the operation's name."""
    url = make_database(f"tandem_bench_{leads}", fresh=True)
    lines = child("-m", "bench.run_pages", str(leads), database=url).splitlines()
    found: dict[str, Any] = {}
    for line in map(json.loads, lines):
        found |= line if "export" in line else {line["name"]: line}
    return found


def reports(leads: int) -> None:
    """Print what each report costs beside hand-written SQL, and how it grew from 10,000 leads."""
    from bench.report_table import table

    print_line("")
    found = []
    for size in (leads, min(leads // 10, SIZES["10k"])):
        url = make_database(f"tandem_bench_{size}", fresh=False)
        lines = child("-m", "bench.run_reports", str(size), database=url).splitlines()
        found.append({row["name"]: row for row in map(json.loads, lines)})
    for line in table(*found):
        print_line(line)


def imports() -> None:
    import tempfile

    from bench.imports import run

    print_line("")
    with tempfile.TemporaryDirectory() as folder:
        lite = f"sqlite:///{folder}/import.sqlite3"
        for name in ("PostgreSQL", "SQLite"):
            peaks = []
            for rows in (IMPORTED // 10, IMPORTED):
                if name == "PostgreSQL":
                    url = make_database("tandem_bench_import", fresh=True)
                else:
                    url = lite.replace("import.", f"import{rows}.")
                    child("manage.py", "migrate", "-v0", database=url)
                done = run(rows, url)
                peaks.append(done.peak_mb)
            print_line(
                f"import, {name}: {done.rows:,} rows, {done.rate:,.0f} rows/s with start-up, "
                f"peak {done.peak_mb:.0f} MB (+{peaks[1] - peaks[0]:.0f} MB for ten times the rows)"
            )


def latency() -> None:
    """Print crossing-to-queue times on PostgreSQL with Redis, and on SQLite with its files."""
    import tempfile

    print_line("")
    redis = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/14")
    url = make_database("tandem_bench_latency", fresh=True)
    print_line(child("-m", "bench.run_latency", "Redis", database=url, REDIS_URL=redis).strip())
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/latency.sqlite3"
        child("manage.py", "migrate", "-v0", database=url)
        own = {"REDIS_URL": "", "TANDEM_VAR": folder}
        print_line(child("-m", "bench.run_latency", "embedded", database=url, **own).strip())


def tracking() -> None:
    """Print how many page views a second are taken, with Redis and without, and counted then."""
    redis = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/14")
    for name, broker in (("Redis", redis), ("PostgreSQL alone", "")):
        url = make_database("tandem_bench_tracking", fresh=True)
        print_line(child("-m", "bench.run_tracking", name, database=url, REDIS_URL=broker).strip())


def newsletter() -> None:
    """Print how many messages a second one process sends to a local SMTP server."""
    url = make_database("tandem_bench_newsletter", fresh=True)
    print_line(child("-m", "bench.run_newsletter", "5000", database=url).strip())


def segments(leads: int) -> None:
    """Print what counting typical segments costs, on the large company's database."""
    url = make_database(f"tandem_bench_{leads}", fresh=False)
    print_line(child("-m", "bench.run_segments", database=url))


def print_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""A migrated, empty database that every test run copies, built anew when a migration changes.

Migrating takes half a minute, copying takes a fraction of a second. The key of a template is a
digest of all migrations, of the modules of ours that they import, and of requirements.txt. A new
template begins as a copy of an older one whose files are all unchanged, and is migrated from there.
`migrate` still runs over the copy, so that a wrong key fails loudly or is made good.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "test_templates"
PACKAGES = ("crm", "leads", "campaigns", "deals")
IMPORTED = re.compile(r"^from ((?:crm|leads|campaigns|deals)[\w.]*) import (\w+)", re.MULTILINE)
KEPT = 12
"""Templates of a kind that stay, the latest: branches take turns."""


def migration_files() -> list[Path]:
    return sorted(path for name in PACKAGES for path in ROOT.glob(f"{name}/**/migrations/*.py"))


def imported_files(source: str) -> Iterator[Path]:
    """Yield the files of our own modules that a migration's `source` imports."""
    for module, name in IMPORTED.findall(source):
        folder = ROOT.joinpath(*module.split("."))
        yield from (p for p in (folder.with_suffix(".py"), folder / f"{name}.py") if p.exists())


def deciding_files() -> dict[str, str]:
    """Return the digest of each file that decides how the migrated database looks."""
    files = {ROOT / "requirements.txt", *migration_files()}
    files |= {found for path in list(files) for found in imported_files(path.read_text())}
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def key_of(files: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:16]


def template_key() -> str:
    return key_of(deciding_files())


def base_for(files: dict[str, str], suffix: str) -> str:
    """Return the key of the largest older template that these files only add to; "" for none."""
    found, most = "", 0
    for path in FOLDER.glob(f"*{suffix}.json"):
        older = json.loads(path.read_text())
        if older.items() <= files.items() and len(older) > most:
            found, most = path.name.removesuffix(f"{suffix}.json"), len(older)
    return found


@contextmanager
def one_builder() -> Iterator[None]:
    """Let one process at a time build; the others wait and find the template built."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def migrate(database_url: str) -> None:
    environment = os.environ | {"DATABASE_URL": database_url}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )


def sqlite_template() -> Path:
    """Return the file to copy."""
    files = deciding_files()
    path = FOLDER / f"{key_of(files)}.sqlite3"
    with one_builder():
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            base = FOLDER / f"{base_for(files, '.sqlite3')}.sqlite3"
            if base.exists():
                shutil.copyfile(base, unfinished)
            migrate(f"sqlite:///{unfinished}")
            unfinished.rename(path)
            write_files(path.with_suffix(".sqlite3.json"), files)
            for old in sorted(FOLDER.glob("*.sqlite3"), key=lambda one: one.stat().st_mtime)[
                :-KEPT
            ]:
                old.unlink()
                old.with_suffix(".sqlite3.json").unlink(missing_ok=True)
    return path


def write_files(path: Path, files: dict[str, str]) -> None:
    path.write_text(json.dumps(files))


def server_url(database: str) -> str:
    """Return the address of `database` on the server that the tests use."""
    d = settings.DATABASES["default"]
    user = quote(d["USER"]) + (f":{quote(d['PASSWORD'])}" if d["PASSWORD"] else "")
    host, port = d["HOST"], d["PORT"] or 5432
    if host.startswith("/"):
        return f"postgres://{user}@/{database}?host={host}&port={port}"
    return f"postgres://{user}@{host}:{port}/{database}"


def postgres_template() -> str:
    """Return the name of the database to copy."""
    files = deciding_files()
    name = f"tandem_template_{key_of(files)}"
    server = psycopg2.connect(server_url("postgres"))
    server.autocommit = True
    try:
        with one_builder(), server.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'tandem_template_%'"
                           " ORDER BY oid DESC")  # fmt: skip
            present = [row[0] for row in cursor.fetchall()]
            if name not in present:
                base = f"tandem_template_{base_for(files, '.postgresql')}"
                build_on_server(cursor, name, base if base in present else "template1")
                write_files(FOLDER / f"{key_of(files)}.postgresql.json", files)
                for old in present[KEPT - 1 :]:
                    cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
    finally:
        server.close()
    return name


def build_on_server(cursor: "psycopg2.extensions.cursor", name: str, base: str) -> None:
    unfinished = f"tandem_unfinished_{os.getpid()}"
    cursor.execute(f'DROP DATABASE IF EXISTS "{unfinished}"')
    cursor.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE "{base}"')
    try:
        migrate(server_url(unfinished))
        cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    except psycopg2.errors.DuplicateDatabase:  # another checkout was first
        cursor.execute(f'DROP DATABASE "{unfinished}"')


def copy_at_creation() -> None:
    """Let the test database of this process begin as a copy of the template."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = postgres_template()
        return
    creation, template = connection.creation, sqlite_template()
    erase = creation._create_test_db

    def copy(*args: object, **kwargs: object) -> str:
        name = erase(*args, **kwargs)
        for rest in ("-wal", "-shm"):
            Path(f"{name}{rest}").unlink(missing_ok=True)
        shutil.copyfile(template, name)
        return str(name)

    creation._create_test_db = copy

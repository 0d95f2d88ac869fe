"""A migrated, empty database that every test run copies, built anew when a migration changes.

Migrating takes half a minute, copying takes a fraction of a second. The key of a template is a
digest of all migrations, of the modules of ours that they import, and of requirements.txt.
`migrate` still runs over the copy, so that a wrong key fails loudly or is made good.
"""

import fcntl
import hashlib
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
"""Templates left on a PostgreSQL server, the latest: branches take turns."""


def migration_files() -> list[Path]:
    return sorted(path for name in PACKAGES for path in ROOT.glob(f"{name}/**/migrations/*.py"))


def imported_files(source: str) -> Iterator[Path]:
    """Yield the files of our own modules that a migration's `source` imports."""
    for module, name in IMPORTED.findall(source):
        folder = ROOT.joinpath(*module.split("."))
        yield from (p for p in (folder.with_suffix(".py"), folder / f"{name}.py") if p.exists())


def template_key() -> str:
    """Return the digest of what decides how the migrated database looks."""
    files = set(migration_files())
    files |= {found for path in list(files) for found in imported_files(path.read_text())}
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


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
    path = FOLDER / f"{template_key()}.sqlite3"
    with one_builder():
        if not path.exists():
            for old in FOLDER.glob("*.sqlite3*"):
                old.unlink()
            unfinished = path.with_suffix(".unfinished")
            unfinished.unlink(missing_ok=True)
            migrate(f"sqlite:///{unfinished}")
            unfinished.rename(path)
    return path


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
    name = f"tandem_template_{template_key()}"
    server = psycopg2.connect(server_url("postgres"))
    server.autocommit = True
    try:
        with one_builder(), server.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'tandem_template_%'"
                           " ORDER BY oid DESC")  # fmt: skip
            present = [row[0] for row in cursor.fetchall()]
            if name not in present:
                build_on_server(cursor, name)
                for old in present[KEPT - 1 :]:
                    cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
    finally:
        server.close()
    return name


def build_on_server(cursor: "psycopg2.extensions.cursor", name: str) -> None:
    unfinished = f"tandem_unfinished_{os.getpid()}"
    cursor.execute(f'DROP DATABASE IF EXISTS "{unfinished}"')
    cursor.execute(f'CREATE DATABASE "{unfinished}"')
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

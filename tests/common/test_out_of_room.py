"""A locked database and a full disk, for real: people are told so, nothing half-made stays."""

import io
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from openpyxl import Workbook

from crm.importing import errors, uploads
from crm.importing.models import Import
from crm.importing.planning import Row
from crm.users.models import Role
from deals.models import DealFile
from leads.models import Lead
from tests.factories import PASSWORD, CaptureFormFactory, DealFactory, LeadFactory, UserFactory

ROOM = 64 * 1024
"""Bytes that fit on the small disk."""
LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


# A full disk --------------------------------------------------------------------------------------


@dataclass
class SmallDisk:
    """A folder on a disk of 64 kB; where none may be mounted, files have that limit meanwhile."""

    folder: Path
    mounted: bool

    @contextmanager
    def in_use(self) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        if not self.mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def files(self) -> list[Path]:
        return files_in(self.folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    yield SmallDisk(folder, mounted)
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def assert_no_room(answer) -> None:
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "disk is full" in answer.content.decode()


@pytest.mark.usefixtures("organisation")
def test_a_deals_file_that_does_not_fit_is_refused_whole(sign_in, small_disk, settings):
    settings.MEDIA_ROOT = str(small_disk.folder)
    deal, client = DealFactory(), sign_in(role=Role.ADMIN)
    large = SimpleUploadedFile("brief.txt", b"x" * ROOM * 2)

    with small_disk.in_use():
        answer = client.post(f"/deals/{deal.pk}/files/add/", {"files": large})

    assert_no_room(answer)
    assert not small_disk.files()
    assert not DealFile.objects.exists()


@pytest.mark.usefixtures("organisation")
def test_an_import_that_does_not_fit_is_refused_whole(sign_in, small_disk, settings):
    settings.MEDIA_ROOT = str(small_disk.folder)
    client = sign_in(role=Role.ADMIN)
    rows = b"".join(b"Ana %d,ana%d@example.com\n" % (n, n) for n in range(6_000))
    large = SimpleUploadedFile("leads.csv", b"name,email\n" + rows)

    with small_disk.in_use():
        answer = client.post("/imports/new/", {"kind": "leads", "file": large})

    assert_no_room(answer)
    assert not small_disk.files()
    assert not Import.objects.exists()


def book(sheets: dict[str, int]) -> bytes:
    """Return a workbook whose sheets have so many rows, packed much smaller than as CSV."""
    made = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        sheet.append(["name", "email"])
        for _ in range(rows):
            sheet.append(["x" * 200, "ana@example.com"])
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


@pytest.mark.usefixtures("organisation")
def test_a_workbook_whose_rows_do_not_fit_leaves_neither_itself_nor_its_rows(
    sign_in, small_disk, settings
):
    settings.MEDIA_ROOT = str(small_disk.folder)
    large = SimpleUploadedFile("leads.xlsx", book({"Leads": 2_000}))
    client = sign_in(role=Role.ADMIN)
    assert large.size < ROOM / 2

    with small_disk.in_use():
        answer = client.post("/imports/new/", {"kind": "leads", "file": large})

    assert_no_room(answer)
    assert not small_disk.files()
    assert not Import.objects.exists()


@pytest.mark.usefixtures("organisation")
def test_another_sheet_that_does_not_fit_leaves_the_chosen_one(sign_in, small_disk, settings):
    settings.MEDIA_ROOT = str(small_disk.folder)
    client = sign_in(role=Role.ADMIN)
    file = SimpleUploadedFile("leads.xlsx", book({"Few": 3, "Many": 2_000}))
    client.post("/imports/new/", {"kind": "leads", "file": file})
    source, before = Import.objects.get(), sorted(small_disk.files())

    with small_disk.in_use():
        answer = client.post(f"/imports/{source.pk}/layout/", {"sheet": "Many"})

    assert_no_room(answer)
    assert sorted(small_disk.files()) == before
    assert len(uploads.samples(Import.objects.get())) == 3


@pytest.mark.django_db
def test_refused_rows_that_do_not_fit_leave_the_file_as_it_was(small_disk, settings):
    settings.MEDIA_ROOT = str(small_disk.folder)
    source = Import.objects.create(kind=Import.Kind.LEADS, columns=["name"])

    def refused(cell: str) -> Row:
        row = Row(line=2, cells=[cell])
        row.refuse("No name.")
        return row

    with small_disk.in_use(), pytest.raises(OSError, match="space|large"):
        errors.append(source, [refused("x" * ROOM * 2)], 0)
    assert not small_disk.files()

    length = errors.append(source, [refused("Ana")], 0)
    with small_disk.in_use(), pytest.raises(OSError, match="space|large"):
        errors.append(source, [refused("x" * ROOM * 2)], length)
    assert Path(source.error_file.path).stat().st_size == length


@pytest.mark.usefixtures("organisation")
def test_an_upload_that_does_not_fit_in_the_temporary_folder_leaves_nothing(
    sign_in, small_disk, settings
):
    settings.FILE_UPLOAD_TEMP_DIR = str(small_disk.folder)
    client = sign_in(role=Role.ADMIN)
    client.raise_request_exception = False
    large = SimpleUploadedFile("leads.csv", b"name\n" * 600_000)

    with small_disk.in_use():
        answer = client.post("/imports/new/", {"kind": "leads", "file": large})

    assert_no_room(answer)
    assert not small_disk.files()
    assert not Import.objects.exists()


@pytest.mark.embedded
@pytest.mark.usefixtures("transactional_db", "organisation")
def test_a_database_without_room_stores_nothing_and_says_so(sign_in):
    client, lead = sign_in(role=Role.ADMIN), LeadFactory(name="Ana")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")

    try:
        answer = client.post(f"/leads/{lead.pk}/log/note/", {"text": "x" * 19_000})
    finally:
        connection.close()

    assert_no_room(answer)
    assert not lead.activities.exists()


@pytest.mark.django_db
def test_files_of_cut_off_imports_are_gone_after_a_day(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    kept = Import(kind=Import.Kind.LEADS)
    kept.file.save("kept.csv", SimpleUploadedFile("kept.csv", b"name\nAna\n"), save=True)
    lost, fresh = tmp_path / "imports/2026/lost.csv", tmp_path / "imports/2026/fresh.csv"
    for path in (lost, fresh):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("name\n")
    for path in (lost, Path(kept.file.path)):
        os.utime(path, (time.time() - 90_000,) * 2)

    assert uploads.prune_files() == 1

    assert sorted(files_in(tmp_path)) == sorted([fresh, Path(kept.file.path)])


# A locked database --------------------------------------------------------------------------------


@pytest.fixture
def locked(transactional_db, organisation) -> Iterator[None]:
    """Return a context: another process holds SQLite's write lock for longer than we wait."""

    @contextmanager
    def hold() -> Iterator[None]:
        path = str(connection.settings_dict["NAME"])
        other = subprocess.Popen(
            [sys.executable, "-c", LOCK, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 100")
        try:
            yield
        finally:
            other.communicate(timeout=20)
            connection.close()

    return hold


def assert_retry(answer) -> None:
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "waits for its database" in answer.content.decode()


@pytest.mark.embedded
def test_who_saves_while_the_database_is_locked_is_told_to_retry(sign_in, locked):
    client, lead = sign_in(role=Role.ADMIN), LeadFactory(name="Ana")
    client.raise_request_exception = False
    form = {"name": "Bea", "email": lead.email}

    with locked():
        answers = [
            client.post(f"/leads/{lead.pk}/edit/", form),
            client.post("/imports/new/", {
                "kind": "leads", "file": SimpleUploadedFile("a.csv", b"name,email\nA,a@x.org\n"),
            }),
            client.post("/logout/"),
        ]  # fmt: skip
        seen = client.get(f"/leads/{lead.pk}/")

    for answer in answers:
        assert_retry(answer)
    assert seen.status_code == 200
    assert Lead.objects.get().name == "Ana"
    assert not Import.objects.exists()
    folder = Path(configured.MEDIA_ROOT) / "imports"
    fresh = [path for path in files_in(folder) if time.time() - path.stat().st_mtime < 5]
    assert not fresh


@pytest.mark.embedded
def test_strangers_too_are_told_to_retry(locked):
    user, form = UserFactory(), CaptureFormFactory()
    client = Client(raise_request_exception=False)

    with locked():
        login = client.post("/login/", {"login": user.email, "password": PASSWORD})
        sent = client.post(f"/f/{form.uuid}/", {"email": "ana@example.com"})

    assert_retry(login)
    assert_retry(sent)
    assert not Lead.objects.exists()
    assert client.post("/login/", {"login": user.email, "password": PASSWORD}).status_code == 302

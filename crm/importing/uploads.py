"""A file comes in: checked, stored under a random name, and looked at before anything is read."""

import hashlib
import re
import time
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction

from crm.common.storage import plain_name
from crm.importing import reading, sheets
from crm.importing.models import Import
from crm.importing.reading import NotReadable, Raw, Table
from crm.users.models import User

DRAFTS = (Import.State.UPLOADED, Import.State.CHECKED)
SAMPLES = 200
ORPHAN_AFTER = 24 * 3600
"""Seconds."""
UNSAFE = re.compile('[\x00-\x1f\x7f<>:"/\\\\|?*\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]')


def receive(
    file: File, *, kind: str, actor: User | None, options: dict[str, Any] | None = None
) -> Import:
    """Store an uploaded file and find out how it is written.

    Raises NotReadable, and stores nothing, if it is no table.
    """
    source = stored(file, kind=kind, actor=actor, options=options)
    with forgotten_if_failed(source):
        source.save()
    return source


def receive_once(file: File, *, kind: str, actor: User) -> Import:
    """Like `receive`; a file that waits to be imported already, the user's own, is taken instead.

    So a form that is sent twice is one import. A workbook takes long to be written as CSV: two at
    the same moment are both written, and wait for each other only at the end.
    """
    source = stored(file, kind=kind, actor=actor)
    with forgotten_if_failed(source):
        waiting = save_once(source, actor)
    if waiting != source:
        forget_files(source)
    return waiting


@transaction.atomic
def save_once(source: Import, actor: User) -> Import:
    """Save `source`, or return the import of the same file that `actor` has begun."""
    list(User.objects.select_for_update().filter(pk=actor.pk))
    begun = Import.objects.filter(
        created_by=actor, kind=source.kind, sha256=source.sha256,
        file_name=source.file_name, state__in=DRAFTS,
    ).first()  # fmt: skip
    if begun is None:
        source.save()
    return begun or source


def stored(
    file: File, *, kind: str, actor: User | None, options: dict[str, Any] | None = None
) -> Import:
    """Return an import, not saved, with its file stored and looked at. Raises NotReadable."""
    source = Import(kind=kind, created_by=actor, options=options or {})
    source.file_name = safe_name(file.name or "")
    is_book = sheets.is_workbook(cast(BinaryIO, file.file))
    if is_book:
        sheets.check(cast(BinaryIO, file.file))
    source.sha256 = digest(file)
    source.file.save(f"{uuid.uuid4().hex}{'.xlsx' if is_book else '.csv'}", file, save=False)
    with forgotten_if_failed(source):
        prepare(source)
    return source


def take_path(path: Path, *, kind: str, options: dict[str, Any]) -> Import:
    """Return an import of a file that stays where it is: for the command. Not saved.

    Raises NotReadable if it is no table.
    """
    source = Import(kind=kind, file_name=safe_name(path.name), options=options)
    try:
        with path.open("rb") as file:
            is_book = sheets.is_workbook(file)
            if is_book:
                sheets.check(file)
            source.sha256 = digest(file)
    except OSError as error:
        raise NotReadable(f"{path} cannot be read: {error.strerror}.") from error
    source.options = {**options, "path": str(path.resolve())}
    if is_book:
        source.options["book"] = source.options.pop("path")
    with forgotten_if_failed(source):
        prepare(source)
    return source


def read_anew(source: Import) -> None:
    """Read the file by other options, and save them.

    Raises NotReadable. If that or anything else fails, the files stay as they were.
    """
    old, storage = source.table.name, source.table.storage
    try:
        prepare(source)
        source.save()
    except BaseException:
        if source.table.name and source.table.name != old:
            storage.delete(source.table.name)
        raise
    if old and old != source.table.name:
        storage.delete(old)


def prepare(source: Import) -> None:
    """Write a workbook's sheet as CSV, and take the columns. Raises NotReadable.

    Whoever calls deletes what was written if this fails.
    """
    book = source.options.get("book") or (
        source.file.path if source.file.name and source.file.name.endswith(".xlsx") else ""
    )
    if book:
        names = sheets.sheet_names(Path(book))
        source.options["sheets"] = names
        wanted = source.options.get("sheet", "")
        if wanted and wanted not in names:
            raise NotReadable(f"There is no sheet “{wanted}”. There are: {', '.join(names)}.")
        source.table.save(f"{uuid.uuid4().hex}.csv", ContentFile(b""), save=False)
        with Path(source.table.path).open("wb") as target:
            numbers = sheets.write_csv(Path(book), wanted, target)
    with open_table(source) as table:
        source.columns = table.columns
    if book:
        columns = enumerate(source.columns)
        source.options["number_columns"] = [name for place, name in columns if place in numbers]


def open_table(source: Import, place: reading.Place | None = None) -> Table:
    """Open the rows at `place`, at their beginning if it is None. Raises NotReadable."""
    options = source.options
    try:
        layout = reading.look(
            source.path,
            "utf-8" if source.table else options.get("encoding", ""),
            "," if source.table else options.get("delimiter", ""),
            by_row=bool(source.table),
        )
        return Table(source.path, layout, place)
    except (OSError, ValueError) as error:
        raise NotReadable("The file is gone. Upload it again.") from error


def samples(source: Import, most: int = SAMPLES) -> list[Raw]:
    """Return the first rows that can be read. Raises NotReadable."""
    with open_table(source) as table:
        found = []
        for raw in table.rows():
            if not raw.fault:
                found.append(raw)
            if len(found) == most or raw.line > 5 * most:
                break
        return found


def safe_name(name: str) -> str:
    """Return the file's name without a path, tricks or excess: for people to read, not to open."""
    bare = PureWindowsPath(unicodedata.normalize("NFC", name)).name
    bare = plain_name(UNSAFE.sub("", bare)).strip(" .")
    stem, dot, ending = bare.rpartition(".")
    if len(bare) > 100 and dot and len(ending) <= 5:
        bare = stem[:94] + "…" + dot + ending
    return bare[:120] or "file"


def digest(file: Any) -> str:
    found = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1024 * 1024):
        found.update(piece)
    file.seek(0)
    return found.hexdigest()


@contextmanager
def forgotten_if_failed(source: Import) -> Iterator[None]:
    """Delete what was stored of an import if what is done inside fails."""
    try:
        yield
    except BaseException:
        forget_files(source)
        raise


def forget_files(source: Import) -> None:
    """Delete what was stored of an import."""
    for stored in (source.file, source.table, source.error_file):
        if stored.name:
            stored.storage.delete(stored.name)


def prune_files() -> int:
    """Delete files over a day old that no import knows: of requests that were cut off."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    names = Import.objects.values_list("file", "table", "error_file")
    known = {name for row in names.iterator() for name in row if name}
    dropped = 0
    for path in folder.rglob("*.*"):
        name = path.relative_to(settings.MEDIA_ROOT).as_posix()
        if name not in known and time.time() - path.stat().st_mtime > ORPHAN_AFTER:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped


def earlier(source: Import) -> Import | None:
    """Return the last import that brought in the same file, if it was not undone."""
    done = Import.objects.filter(kind=source.kind, sha256=source.sha256, state=Import.State.DONE)
    return done.exclude(pk=source.pk).first() if source.sha256 else None

"""The files of a deal: taken in within bounds, kept under a key of their own, given out as is.

The bytes are written first and the row after them: a crash between the two leaves a file that
nobody knows, which `prune` takes away, never a row without its bytes.
"""

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.timezone import now

from crm.common.storage import gone_if_it_fails, plain_name
from crm.users.models import User
from deals.history import change
from deals.models import Deal, DealFile
from deals.services import note_edit

MEGABYTE = 1024 * 1024
LARGEST = 20 * MEGABYTE
KEPT_DELETED = timedelta(days=30)
"""How long a deleted file can be brought back."""
ORPHAN_AFTER = 86_400
"""Seconds after which bytes without a row are taken for those of an upload that was cut off."""

OFFICE = "application/vnd.openxmlformats-officedocument"
OPEN = "application/vnd.oasis.opendocument"
TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pptx": f"{OFFICE}.presentationml.presentation",
    "odt": f"{OPEN}.text",
    "ods": f"{OPEN}.spreadsheet",
    "odp": f"{OPEN}.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "txt": "text/plain",
    "csv": "text/csv",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "zip": "application/zip",
    "eml": "message/rfc822",
    "ics": "text/calendar",
}
"""What is taken, by the ending of its name. No web pages, no scripts, no programs."""

ZIPPED = b"PK"
BEGINNINGS = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "gif": b"GIF8",
    "webp": b"RIFF",
    **dict.fromkeys(["zip", "docx", "xlsx", "pptx", "odt", "ods", "odp"], ZIPPED),
}
"""How the bytes of a type begin, where they have a beginning of their own."""


class FileRefused(ValueError):
    """The file is too large, empty, or of no type that is taken; the message says which."""


def check(upload: UploadedFile) -> str:
    """Return the name to keep. Raises FileRefused for what is not taken."""
    name = plain_name(Path(upload.name or "").name)
    size = upload.size or 0
    if not size:
        raise FileRefused(f"“{name}” is empty.")
    if size > LARGEST:
        raise FileRefused(f"“{name}” is larger than {LARGEST // MEGABYTE} MB.")
    ending = ending_of(name)
    if ending not in TYPES:
        raise FileRefused(f"“{name}” is of no type that is taken: {', '.join(TYPES)}.")
    begin = BEGINNINGS.get(ending, b"")
    upload.seek(0)
    if upload.read(len(begin)) != begin:
        raise FileRefused(f"“{name}” is not what its name says.")
    stem = name[: -len(ending) - 1]
    return f"{stem[: 199 - len(ending)]}.{ending}"


def ending_of(name: str) -> str:
    return name.rpartition(".")[2].lower()


def keep_file(deal: Deal, upload: UploadedFile, *, actor: User) -> DealFile:
    """Add a file to the deal. Raises FileRefused for what is not taken."""
    name = check(upload)
    kept = DealFile(key=uuid.uuid4(), deal=deal, name=name, size=upload.size or 0, added_by=actor)
    with gone_if_it_fails(path_of(kept)):
        write_bytes(path_of(kept), upload)
        with transaction.atomic():
            kept.save()
            note(deal, None, name, actor=actor)
    return kept


def write_bytes(path: Path, upload: UploadedFile) -> None:
    """Write the bytes to disk for good before anybody may know of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    upload.seek(0)
    with path.open("xb") as target:
        for chunk in upload.chunks():
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "deals"


def path_of(file: DealFile) -> Path:
    return folder() / file.key.hex


def content_type(file: DealFile) -> str:
    return TYPES.get(ending_of(file.name), "application/octet-stream")


@transaction.atomic
def delete_file(file: DealFile, *, actor: User) -> None:
    """Take a file off the deal; it can be brought back for 30 days. Twice is as good as once."""
    if DealFile.objects.present().filter(pk=file.pk).update(deleted_at=now()):
        note(file.deal, file.name, None, actor=actor)


@transaction.atomic
def restore_file(file: DealFile, *, actor: User) -> None:
    """Bring a deleted file back."""
    if DealFile.objects.filter(pk=file.pk, deleted_at__isnull=False).update(deleted_at=None):
        note(file.deal, None, file.name, actor=actor)


def note(deal: Deal, old: str | None, new: str | None, *, actor: User) -> None:
    note_edit(deal, [change("file", old, new)], actor=actor)


def prune() -> int:
    """Drop files deleted 30 days ago, and bytes that no row knows; return how many."""
    old = DealFile.objects.filter(deleted_at__lt=now() - KEPT_DELETED)
    dropped, _ = old.delete()
    if not folder().exists():
        return dropped
    known = {key.hex for key in DealFile.objects.values_list("key", flat=True).iterator()}
    for path in folder().iterdir():
        if path.name not in known and time.time() - path.stat().st_mtime > ORPHAN_AFTER:
            path.unlink(missing_ok=True)
    return dropped

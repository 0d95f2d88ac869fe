"""Files on the disk: whole or not at all."""

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class WholeFileStorage(FileSystemStorage):
    """Leave no bytes of a file that could not be written to its end, because the disk was full."""

    def _save(self, name: str, content: Any) -> str:
        before = self.exists(name)
        try:
            saved: str = super()._save(name, content)  # type: ignore[misc]
        except OSError:
            if not before and self.exists(name):
                os.remove(self.path(name))
            raise
        return saved


class WholeUploadHandler(TemporaryFileUploadHandler):
    """Leave no bytes of a large upload that does not fit into the temporary folder."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self.dropped_if_it_fails():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> Any:
        with self.dropped_if_it_fails():
            return super().file_complete(file_size)

    @contextmanager
    def dropped_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            with suppress(OSError):  # what is still buffered does not fit either
                self.file.close()
            raise


@contextmanager
def gone_if_it_fails(path: Path) -> Iterator[None]:
    """Leave no bytes at `path` if what is done inside fails, because of a full disk or else."""
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def plain_name(name: str) -> str:
    """Return the name of a file without what cannot be seen: controls, and marks of direction.

    With such a mark “gpj.exe” reads as “exe.jpg”.
    """
    return "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).strip()

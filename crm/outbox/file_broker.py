"""The embedded broker: kombu's broker of files, with files that are whole as soon as they are seen.

kombu opens a message under its final name and then writes it. A worker that polls between the two
reads an empty file, loses the message and its connection (“connection lost (JSONDecodeError)”).
Here a file is written under another name and renamed, which no reader sees half done.
"""

import fcntl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


def write_whole(path: Path, content: str) -> None:
    """Write a file so that others see all of it or nothing."""
    part = path.parent / f".{uuid.uuid4().hex}.part"
    try:
        part.write_text(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


class Channel(filesystem.Channel):
    """A channel whose messages and bindings appear whole."""

    control_folder: Path
    data_folder_out: str

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Put a message; names sort by time, as kombu's do."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        write_whole(Path(self.data_folder_out) / name, dumps(message))

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        """Return the next message; what is no message, left by a full disk, is passed over."""
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                continue

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str
    ) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        file = self._exchange_file(exchange)  # type: ignore[attr-defined]
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with self.alone():
            known = self.get_table(exchange)
            if binding not in known:
                write_whole(file, dumps([binding, *known]))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock under which bindings are changed."""
        with (self.control_folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel

"""The database of the embedded profile: SQLite that says who held its only write lock for long.

Our transactions begin with BEGIN IMMEDIATE: from there to the end everybody else waits to write.
One that lasts over a second is logged with the function that opened it, and so is a statement that
writes outside a transaction, so that “database is locked” has a cause that can be read in the log.
Beside it stands for how long the thread was at work: the rest it waited, for a disk or a machine
that is busy. Of a statement alone only that is known: it may have waited for the lock itself.
"""

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from django.db.backends.sqlite3 import base

Database = base.Database  # type: ignore[attr-defined]
logger = logging.getLogger(__name__)
LONG, NOTICED, PAUSE = 1.0, 0.1, 0.03
"""Seconds. Who has held the lock for NOTICED leaves it for PAUSE: others ask for it ten times a
second, and one long task after the other would take it back each time before they do."""
ROOT = str(Path(__file__).resolve().parents[3])
WRITES = ("INSERT", "UPDATE", "DELETE")
Execute = Callable[[str, Any, bool, Any], Any]
FOREIGN = ("site-packages", "/crm/common/sqlite/")


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with a clock on each transaction, and on what writes without one."""

    locked_since: float | None = None
    worked_before: float = 0.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self.clocked)

    def clocked(self, execute: Execute, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Run a statement; one that writes is a transaction of its own outside of ours."""
        if self.in_atomic_block or not sql.startswith(WRITES):
            return execute(sql, params, many, context)
        began = time.thread_time()
        try:
            return execute(sql, params, many, context)
        finally:
            worked = time.thread_time() - began
            tell_if_long(worked, worked)

    def _start_transaction_under_autocommit(self) -> None:
        super()._start_transaction_under_autocommit()  # type: ignore[misc]
        self.start_clock()

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            if self.stop_clock() > NOTICED:
                time.sleep(PAUSE)

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self.stop_clock()

    def start_clock(self) -> None:
        self.locked_since, self.worked_before = time.monotonic(), time.thread_time()

    def stop_clock(self) -> float:
        """Return how long the lock was held, and tell if it was for long."""
        since, self.locked_since = self.locked_since, None
        if since is None:
            return 0.0
        held = time.monotonic() - since
        tell_if_long(held, time.thread_time() - self.worked_before)
        return held


def tell_if_long(held: float, worked: float) -> None:
    """Log what ends here if it held the lock for long. Both in seconds."""
    if held > LONG:
        name = opened_by(sys._getframe())
        logger.warning(
            "the write lock was held for %.1f s (%.1f s at work) by %s", held, worked, name
        )


def opened_by(frame: FrameType | None) -> str:
    """Return the function of ours that opened the transaction which ends in `frame`.

    `atomic` ends a transaction from where it began: beside a with block, or around a function.
    """
    while frame is not None:
        code = frame.f_code
        if code.co_filename.endswith("contextlib.py") and "func" in frame.f_locals:
            function = frame.f_locals["func"]
            return f"{function.__module__}.{function.__qualname__}"
        if code.co_filename.startswith(ROOT) and not any(f in code.co_filename for f in FOREIGN):
            return f"{frame.f_globals.get('__name__', '?')}.{code.co_qualname}"
        frame = frame.f_back
    return "somebody unknown"

"""The database of the embedded profile: SQLite that says who held its only write lock for long.

Our transactions begin with BEGIN IMMEDIATE: from there to the end everybody else waits to write.
One that lasts over a second is logged with the function that opened it, so that “database is
locked” has a cause that can be read in the log.
"""

import logging
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.db.backends.sqlite3 import base

Database = base.Database  # type: ignore[attr-defined]
logger = logging.getLogger(__name__)
LONG = 1.0
"""Seconds."""
ROOT = str(Path(__file__).resolve().parents[3])
FOREIGN = ("site-packages", "/crm/common/sqlite/")


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with a clock on each transaction."""

    locked_since: float | None = None

    def _start_transaction_under_autocommit(self) -> None:
        super()._start_transaction_under_autocommit()  # type: ignore[misc]
        self.locked_since = time.monotonic()

    def _commit(self) -> Any:
        try:
            return super()._commit()  # type: ignore[misc]
        finally:
            self.tell_if_long()

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self.tell_if_long()

    def tell_if_long(self) -> None:
        """Log the transaction that ends here if it held the lock for long."""
        since, self.locked_since = self.locked_since, None
        if since is not None and (held := time.monotonic() - since) > LONG:
            name = opened_by(sys._getframe())
            logger.warning("the write lock was held for %.1f s by %s", held, name)


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

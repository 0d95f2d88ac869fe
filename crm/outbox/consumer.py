"""The part of a Celery worker that reads messages, made to recover where Celery's own does not."""

from typing import Any

from celery.worker import consumer

from crm.celery import restore_folders


class Consumer(consumer.Consumer):
    """Connects anew after what leaves Celery's own consumer dead or deaf.

    A message that is no JSON or lacks a header would end the worker, and so would the removal of
    the embedded broker's folders. An acknowledgement that times out is only logged by Celery, and
    keeps its place among the prefetched messages: after as many as the pool has processes, the
    worker takes no message ever again (celery issue 2415). And who has a message in hand when the
    broker goes would end, because he cannot give it back to a broker that is not there.
    """

    connection_errors: tuple[type[BaseException], ...]
    task_consumer: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection_errors += (OSError, ValueError, KeyError)

    def connect(self) -> Any:
        restore_folders()
        return super().connect()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Give nothing back: the work is in its row, and the sweep finds it."""
        if self.task_consumer is not None:
            self.task_consumer.channel.do_restore = False
        super().on_connection_error_after_connected(exc)

    def update_strategies(self) -> None:
        """Let requests swallow one error when they acknowledge: their connection is gone."""
        recoverable, self.connection_errors = self.connection_errors, (AttributeError,)
        try:
            super().update_strategies()
        finally:
            self.connection_errors = recoverable

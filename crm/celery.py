"""The Celery application. Messages are hints: what is due lives in rows (see crm.outbox)."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import before_task_publish
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["files"] = "crm.outbox.file_broker:Transport"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

app = Celery("tandem", task_cls="crm.outbox.acting_tasks:ActingTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@before_task_publish.connect
def restore_folders(**kwargs: Any) -> None:
    """Make the folders of the embedded broker again, should somebody have removed them.

    Each publisher remembers that it declared the queue, so the declaration is repeated too.
    """
    folders = app.conf.broker_transport_options
    control = folders.get("control_folder")
    if control is None or (Path(control) / f"{app.conf.task_default_queue}.exchange").exists():
        return
    for name in ("data_folder_in", "processed_folder", "control_folder"):
        Path(folders[name]).mkdir(parents=True, exist_ok=True)
    with app.connection_for_write() as connection:
        app.amqp.queues[app.conf.task_default_queue](connection.default_channel).declare()

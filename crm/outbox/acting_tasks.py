"""What all tasks share: what they change is noted as background work."""

from typing import Any

from celery import Task

from crm.audit.acting import Door, acting


class ActingTask(Task):
    """A task of ours, run by a worker or called by `manage.py sweep`."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting(door=Door.TASK):
            return super().__call__(*args, **kwargs)

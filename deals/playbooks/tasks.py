from celery import shared_task

from deals.playbooks import running


@shared_task(expires=60)
def tend() -> None:
    """Run every minute by beat: runs whose lead or deal moved on stop. Safe to run twice."""
    running.tend()

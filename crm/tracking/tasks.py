from celery import shared_task

from crm.tracking import counting


@shared_task(expires=5)
def count_waiting() -> None:
    """Run every 5 seconds by beat: page views become sessions. Safe to run twice."""
    counting.count_waiting()

from celery import shared_task
from django.utils.timezone import now

from deals.forecast import snapshots


@shared_task(expires=300)
def take_snapshot() -> None:
    """Run every 5 minutes by beat: the first run of a day keeps its forecast. Safe to run twice."""
    snapshots.take_snapshot(now())

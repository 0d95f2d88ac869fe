from celery import shared_task

from crm.common import retention


@shared_task(expires=3600)
def prune() -> None:
    """Run once a day by beat: what is past its retention. Safe to run twice."""
    retention.prune_all()

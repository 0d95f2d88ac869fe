from celery import shared_task

from crm.mailing import services


@shared_task(expires=5)
def send_due() -> None:
    """Run every 5 seconds by beat and after each commit that queued mail. Safe to run twice."""
    services.send_due()

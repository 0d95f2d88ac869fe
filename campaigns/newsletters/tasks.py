from celery import shared_task

from campaigns.newsletters import sending


@shared_task(expires=5)
def send_marketing_mail() -> None:
    """Run every 5 seconds by beat and when mail was queued. Safe to run twice, and side by side."""
    sending.send_due()

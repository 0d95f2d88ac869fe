from celery import shared_task

from crm.correspondence import fetching, sending


@shared_task(expires=5)
def send_due() -> None:
    """Run every 5 seconds by beat. Safe to run twice, and side by side."""
    sending.send_due()


@shared_task(expires=60)
def fetch_mail() -> None:
    """Run every minute by beat; does nothing where no folder is set. Safe to run side by side."""
    fetching.fetch()

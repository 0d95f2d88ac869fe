from celery import shared_task

from crm.alignment import weekly


@shared_task(expires=900)
def mail_alignment() -> None:
    """Run every 15 minutes by beat: the weekly mail, once its hour has come. Asked once a week."""
    weekly.ask_for_mails()

from celery import shared_task

from crm.reports import checking, keeping, kept, scheduling


@shared_task(expires=30)
def fold_sums() -> None:
    """Run every 30 seconds by beat. Safe to run twice: the second sees that somebody folds."""
    keeping.catch_up(seconds=20)


@shared_task(expires=600)
def check_sums() -> None:
    """Run every 10 minutes by beat, does something once a night. Safe to run twice: one claims."""
    checking.check_nightly()


@shared_task
def renew_answer(key: str) -> None:
    """Count a kept answer anew. Safe to run twice: the second counts the same."""
    kept.renew(key)


@shared_task(expires=60)
def renew_answers() -> None:
    """Run every minute by beat: what was asked for and whose hint got lost."""
    kept.renew_asked()


@shared_task(expires=900)
def mail_reports() -> None:
    """Run every 15 minutes by beat: saved reports whose hour has come. Each day is asked once."""
    scheduling.ask_for_mails()

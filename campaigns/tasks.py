from celery import shared_task

from campaigns.services import digests, releasing, rescoring


@shared_task(expires=3600)
def rescore_decayed() -> None:
    """Run every hour by beat: leads whose points fade. Safe to run twice: once an hour counts."""
    rescoring.ask_for_decayed()


@shared_task(expires=900)
def send_digests() -> None:
    """Run every 15 minutes by beat: last week's digests, once their hour has come."""
    digests.ask_for_digests()


@shared_task(expires=900)
def offer_held() -> None:
    """Run every 15 minutes by beat: today's share of the leads held back. Once a working day."""
    releasing.offer_todays()

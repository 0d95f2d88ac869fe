from celery import shared_task
from django.utils.timezone import now

from campaigns.sequences import engine, entering, leaving


@shared_task(expires=30)
def advance() -> None:
    """Run every 30 seconds by beat: who leaves, keeps still, goes on. Safe to run many at once."""
    at = now()
    leaving.leave_reached(at)
    leaving.leave_over(at)
    leaving.pause_held(at)
    leaving.resume_returned(at)
    engine.advance_all(at)


@shared_task(expires=300)
def enter() -> None:
    """Run every 5 minutes by beat: members of segments that are new. Safe to run many at once."""
    entering.enter_all()

"""What is not kept of submissions: where they came from, and old spam."""

from datetime import timedelta

from django.utils.timezone import now

from campaigns.capture.models import Submission

SENDER_DAYS, SPAM_DAYS = 30, 90


def forget_senders() -> int:
    """Blank the hashed addresses that are older than 30 days; return how many."""
    old = Submission.objects.exclude(sender="").filter(at__lt=now() - timedelta(days=SENDER_DAYS))
    return old.update(sender="")


def drop_spam() -> int:
    """Drop spam older than 90 days; return how many."""
    return Submission.objects.spam().filter(at__lt=now() - timedelta(days=SPAM_DAYS)).delete()[0]

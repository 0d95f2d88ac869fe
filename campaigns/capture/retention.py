"""What is not kept of submissions: where they came from, and old spam."""

from datetime import timedelta

from django.utils.timezone import now

from campaigns.capture.models import Submission
from crm.common.retention import drop, keys_of

SENDER_DAYS, SPAM_DAYS = 30, 90


def forget_senders() -> int:
    """Blank the hashed addresses that are older than 30 days; return how many."""
    old = Submission.objects.exclude(sender="").filter(at__lt=now() - timedelta(days=SENDER_DAYS))
    return sum(Submission.objects.filter(pk__in=keys).update(sender="") for keys in keys_of(old))


def drop_spam() -> int:
    """Drop spam older than 90 days; return how many."""
    return drop(Submission.objects.spam().filter(at__lt=now() - timedelta(days=SPAM_DAYS)))

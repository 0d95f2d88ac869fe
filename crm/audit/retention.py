"""How long the history is kept: of settings for ever, of records for three years.

What a deleted or erased person said goes at once, with their record (crm.audit.noting).
"""

from datetime import timedelta

from django.db.models import Max, Min
from django.utils.timezone import now

from crm.audit.models import Change
from crm.audit.registry import RECORDS

DAYS = 3 * 366
AT_ONCE = 2000


def prune() -> int:
    """Drop changes of records that are older than DAYS; return how many. May be killed."""
    records = [label.lower() for label in RECORDS]
    old = Change.objects.filter(model__in=records, pk__lt=first_to_keep()).order_by("pk")
    gone, last = 0, 0
    while keys := list(old.filter(pk__gt=last).values_list("pk", flat=True)[:AT_ONCE]):
        gone += Change.objects.filter(pk__in=keys).delete()[0]
        last = keys[-1]
    return gone


def first_to_keep() -> int:
    """Return the key from which on changes are young enough, by halving: keys grow with time."""
    limit = now() - timedelta(days=DAYS)
    ends = Change.objects.aggregate(low=Min("pk"), high=Max("pk"))
    low, high = ends["low"] or 0, (ends["high"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        change = Change.objects.filter(pk__gte=middle).order_by("pk").only("pk", "at").first()
        if change is None or change.at >= limit:
            high = middle
        else:
            low = change.pk + 1
    return low

"""Where sequences stand on segments, so that nobody deletes what they need."""

from django.db.models import Q

from campaigns.segments.models import Segment
from campaigns.sequences.models import Sequence


def of_segment(segment: Segment) -> list[tuple[str, str]]:
    """Return name and address of each sequence whose entry, goal or branch asks for `segment`."""
    asks = Q(entry_segment=segment) | Q(goal_segment=segment) | Q(steps__segment=segment)
    found = Sequence.objects.filter(asks).distinct()
    return [(sequence.name, sequence.get_absolute_url()) for sequence in found]

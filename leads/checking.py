"""Finding leads whose derived columns and rows are not what they are derived from.

Nothing should ever be found. The tests let every writer of leads write, and ask here.
"""

from collections.abc import Iterator

from leads.addresses import KINDS
from leads.models import LeadQuerySet
from leads.services import search_text

AT_ONCE = 1000


def out_of_step(leads: LeadQuerySet) -> Iterator[str]:
    """Yield in words what of these leads differs from what it is derived from."""
    last = 0
    ordered = leads.select_related("company").order_by("pk")
    while chunk := list(ordered.filter(pk__gt=last)[:AT_ONCE]):
        last = chunk[-1].pk
        for kind in KINDS:
            stored = kind.stored([lead.pk for lead in chunk])
            for lead in chunk:
                if stored[lead.pk] != kind.of(lead):
                    yield f"{lead} has {kind.of(lead)} in its columns, {stored[lead.pk]} in rows"
        for lead in chunk:
            if lead.search_text != search_text(lead):
                yield f"{lead} is searched by “{lead.search_text}”"

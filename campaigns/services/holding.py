"""Leads held back: ready only because a rule or the definition changed, not offered for that alone.

A response after they were held, or data completed since, lets them go. By hand a marketer sends
them at any time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from campaigns.models import HeldLead, Rescoring
from leads.models import Lead

Evidence = Mapping[int, datetime | None]
"""Lead to its newest response or completion of data; None: there is none."""


def newest_evidence(lead: Lead, newest_touch_at: datetime | None) -> datetime | None:
    known = [at for at in (newest_touch_at, lead.enriched_at) if at is not None]
    return max(known, default=None)


def held_back(evidence: Evidence) -> set[int]:
    """Return those of the leads that are held back: nothing new is known of them since."""
    rows = HeldLead.objects.filter(lead__in=list(evidence)).values_list("lead", "held_at")
    found = set()
    for lead_id, held_at in rows:
        newest = evidence[lead_id]
        if newest is None or newest <= held_at:
            found.add(lead_id)
    return found


def hold(leads: Iterable[Lead], rescoring: Rescoring) -> None:
    """Hold leads back; one that is held already stays as it is."""
    rows = [HeldLead(lead=lead, rescoring=rescoring) for lead in leads]
    HeldLead.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)

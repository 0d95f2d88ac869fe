"""Leads' scores: written here alone, and acted upon when it suffices."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from campaigns import scoring
from campaigns.models import Touch
from campaigns.services.explaining import active_rules, explain_lead, locked_all
from campaigns.services.qualifying import Candidate, qualify_ready
from crm.funnel.models import Handoff
from leads.models import Lead

SCORE_LEAD = "campaigns.score_lead"
"""Payload {"lead": pk}: something of the lead has changed that its score depends on."""


def score_lead(lead_id: int) -> Handoff | None:
    """Score one lead; see `score_leads`. None: it was not offered."""
    return next(iter(score_leads([lead_id])), None)


@transaction.atomic
def score_leads(lead_ids: Iterable[int]) -> list[Handoff]:
    """Give leads the scores that they deserve now, and offer to sales those for whom it suffices.

    Holds the leads' rows, so that of many who score one at one time one offers it, once. Those
    that have gone are passed over. A few statements, however many leads.
    """
    leads, rules, at = locked_all(lead_ids), active_rules(), now()
    if not leads:
        return []
    touches = touches_of(leads)
    candidates, by_score = [], defaultdict[int, list[int]](list)
    for lead in leads:
        seen = touches.get(lead.pk, [])
        lines = explain_lead(lead, at=at, rules=rules, touches=seen)
        lead.score, lead.scored_at = scoring.score(lines), at
        candidates.append(Candidate(lead, lines, seen))
        by_score[lead.score].append(lead.pk)
    for score, pks in by_score.items():
        Lead.objects.filter(pk__in=pks).update(score=score, scored_at=at)
    return qualify_ready(candidates)


def touches_of(leads: Iterable[Lead]) -> dict[int, list[Touch]]:
    """Return the touches of many leads by lead, the newest first, in one query."""
    found: dict[int, list[Touch]] = {}
    for touch in Touch.objects.filter(lead__in=leads).order_by("-at", "-pk"):
        found.setdefault(touch.lead_id, []).append(touch)
    return found


def handle_change(payload: dict[str, Any]) -> None:
    """Score one lead again. Payload {"lead": pk}."""
    score_lead(payload["lead"])


def handle_changes(payloads: list[dict[str, Any]]) -> None:
    """Score many leads again, each once."""
    score_leads({payload["lead"] for payload in payloads})

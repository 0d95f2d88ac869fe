"""From score to handoff: a lead that meets the MQL definition is offered to sales."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localdate, now

from campaigns.models import Touch
from campaigns.scoring import Line, score
from campaigns.services.explaining import as_evidence, explain_lead, locked
from campaigns.services.holding import held_back, newest_evidence
from crm.funnel import handoffs
from crm.funnel.models import Handoff, MqlDefinition
from crm.funnel.policy import may_offer
from crm.stages import Stage
from crm.users.models import Organisation, User
from leads.models import Lead

OFFERABLE = (Stage.LEAD, Stage.RECYCLED)
LAST_TOUCHES = 5


class NotQualifiable(ValueError):
    """The lead cannot be sent to sales; the message says why."""


@dataclass(frozen=True)
class Candidate:
    """A locked, freshly scored lead: the lines of its score, its touches with the newest first."""

    lead: Lead
    lines: list[Line]
    touches: list[Touch]

    @property
    def newest_touch(self) -> datetime | None:
        """When the lead last responded."""
        return self.touches[0].at if self.touches else None


def qualify_ready(candidates: Iterable[Candidate]) -> list[Handoff]:
    """Offer to sales those who meet the definition in force.

    A recycled lead only on evidence newer than its return, and after its cool-down; one that is
    held back only on evidence since.
    """
    definition = MqlDefinition.current()
    ready = [
        one
        for one in candidates
        if one.lead.stage in OFFERABLE and not definition.missing(one.lead)
    ]
    if not ready:
        return []
    day = today()
    ready = [one for one in ready if may_offer(one.lead, one.newest_touch, today=day)]
    held = held_back({one.lead.pk: newest_evidence(one.lead, one.newest_touch) for one in ready})
    ready = [one for one in ready if one.lead.pk not in held]
    return qualify_all(ready, definition=definition)


def today() -> date:
    return localdate(timezone=Organisation.get().zone)


def qualify_all(ready: Sequence[Candidate], *, definition: MqlDefinition) -> list[Handoff]:
    """Open the handoffs of many leads, with all that speaks for each frozen as it is now."""
    if not ready:
        return []
    shown = [touch for one in ready for touch in one.touches[:LAST_TOUCHES]]
    prefetch_related_objects(shown, "campaign")
    offers = [handoffs.Offer(one.lead, freeze(one, definition=definition)) for one in ready]
    return handoffs.open_all(offers, definition=definition)


def qualify(lead: Lead, lines: list[Line], *, actor: User | None = None, note: str = "") -> Handoff:
    """Open the handoff of one lead, also of one that does not meet the definition.

    Raises MoveNotAllowed or LeadMoved as `handoffs.open_handoff` does.
    """
    newest = lead.touches.select_related("campaign").order_by("-at", "-pk")[:LAST_TOUCHES]
    candidate = Candidate(lead, lines, list(newest))
    evidence = freeze(candidate, definition=MqlDefinition.current(), note=note)
    return handoffs.open_handoff(lead, evidence=evidence, actor=actor, note=note)


def freeze(candidate: Candidate, *, definition: MqlDefinition, note: str = "") -> dict[str, Any]:
    """Return the evidence of a handoff: see Handoff.evidence."""
    lead, lines = candidate.lead, candidate.lines
    return {
        "score": score(lines),
        "lines": as_evidence(lines),
        "touches": why_now(candidate),
        "campaign": str(lead.campaign or ""),
        "channel": str(lead.channel or ""),
        "consent": lead.consent,
        "consent_asked": lead.consent_asked_at is not None,
        "definition": definition.version,
        "note": note,
        "missing": definition.missing(lead),
    }


def why_now(candidate: Candidate) -> list[dict[str, str]]:
    """Return the last responses in words, and that the data were completed since the return."""
    lead, found = candidate.lead, list(signals(candidate.touches[:LAST_TOUCHES]))
    completed = lead.enriched_at
    if completed and lead.stage == Stage.RECYCLED and completed > lead.stage_since:
        found.append({"label": "Data completed by marketing", "at": completed.isoformat()})
    return sorted(found, key=lambda signal: parse_datetime(signal["at"]) or now(), reverse=True)


def signals(touches: Iterable[Touch]) -> Iterable[dict[str, str]]:
    """Yield each touch in words: what the rep reads under “why now”."""
    for touch in touches:
        what = touch.detail or (touch.campaign.name if touch.campaign else "")
        kind = touch.get_kind_display()
        yield {"label": f"{kind}: {what}" if what else kind, "at": touch.at.isoformat()}


@transaction.atomic
def qualify_by_hand(lead: Lead, *, actor: User, note: str) -> Handoff:
    """Send a lead to sales by a marketer's decision, also below the threshold.

    note: why; the rep reads it. What the definition misses is kept in the evidence.

    Raises NotQualifiable without a note, and for a lead that is with sales or out of the funnel.
    """
    if not note.strip():
        raise NotQualifiable("Say why sales should take this lead.")
    stored = locked(lead.pk)
    if stored is None or stored.stage not in OFFERABLE:
        where = stored.get_stage_display() if stored else "gone"
        raise NotQualifiable(f"{lead} is {where}: only a lead that marketing has can be sent.")
    lines = explain_lead(stored)
    stored.score = score(lines)
    return qualify(stored, lines, actor=actor, note=note.strip())

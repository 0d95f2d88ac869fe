"""What a user types into the forms that make records, where the permission matrix types too little.

Each function is given the object of the address and says what is sent.
"""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from campaigns.models import Campaign
from crm.users.models import Team, User
from deals.playbooks.models import Playbook
from leads.models import Channel
from tests.factories import CampaignFactory, LeadFactory, SequenceFactory

CAMPAIGN = {
    "name": "Of the repeats", "objective": Campaign.Objective.values[0],
    "starts_on": "2026-03-01", "ends_on": "2026-03-31", "budget": "100", "mql_goal": "1",
}  # fmt: skip


def campaign(row: Any) -> dict[str, Any]:
    return {**CAMPAIGN, "channel": Channel.objects.filter(is_active=True)[0].pk}


def follow_up(row: Any) -> dict[str, Any]:
    lead = LeadFactory(name="Ana")
    return {
        "lead": f"Ana #{lead.pk}",
        "kind": "call",
        "title": "Call",
        "due_at": "2030-01-01T09:00",
    }


def steps_of(use: str) -> Playbook:
    """Return a playbook of one step."""
    book = Playbook.objects.create(name="Of the repeats", use=use, position=99)
    book.steps.create(kind="call", title="Call", delay_days=1, position=1)
    return book


VALID: dict[str, Callable[[Any], dict[str, Any]]] = {
    "activities:follow-up-create": follow_up,
    "activities:plan-next": lambda row: {"next_kind": "call", "next_due": "2030-01-02T09:00"},
    "campaigns:clone": campaign,
    "campaigns:create": campaign,
    "capture:link-create": lambda row: {
        "campaign_id": CampaignFactory().pk, "base_url": "https://example.com/fair",
        "source": "google", "medium": "cpc",
    },
    "correspondence:compose": lambda row: {
        "to": row.email, "subject": "Hello", "text": "Hello", "act": "send",
    },
    "deals:file-add": lambda row: {"files": SimpleUploadedFile("price.txt", b"one euro")},
    "funnel:definition-create": lambda row: {
        "threshold": "55", "required_fields": ["email"], "consent": "none", "note": "Better",
    },
    "funnel:routing-create": lambda row: {"name": "North", "team": Team.objects.all()[0].pk},
    "newsletters:test": lambda row: {"to": User.objects.active()[0].email},
    "playbooks:deal-start": lambda row: {"playbook": steps_of(Playbook.Use.BOTH).pk},
    "sequences:add": lambda row: {
        "sequence": SequenceFactory(state="live").pk, "ids": [str(LeadFactory().pk)], "sure": "1",
    },
}  # fmt: skip

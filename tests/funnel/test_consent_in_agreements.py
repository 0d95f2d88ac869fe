"""What the MQL definition asks of consent, and where a reason "No consent" leads."""

import pytest
from django.db import IntegrityError, transaction

from crm.funnel.models import MqlDefinition, Reason
from crm.users.models import Role
from leads.consents import ask_consent, confirm_consent, withdraw_consent
from tests.factories import LeadFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
GAPS = {
    "none": ([], [], []),
    "asked": (["no consent"], [], []),
    "confirmed": (["no consent"], ["consent not confirmed"], []),
}


@pytest.mark.parametrize("wanted", GAPS)
def test_a_definition_asks_for_confirmed_for_asked_or_for_no_consent(wanted):
    lead = LeadFactory(score=80)
    definition = MqlDefinition(version=9, threshold=40, consent=wanted)

    never = definition.missing(lead)
    asked = ask_consent(lead, source="Form", wording="Write to me")
    pending = definition.missing(lead)
    confirm_consent(asked)
    lead.refresh_from_db()
    confirmed = definition.missing(lead)

    assert (never, pending, confirmed) == GAPS[wanted]

    withdraw_consent(lead, source="by phone", actor=None)
    assert definition.missing(lead) == never


def test_a_manager_chooses_what_the_next_version_asks(sign_in):
    client = sign_in(role=Role.MARKETING_MANAGER)
    form = {"threshold": 50, "required_fields": ["email"], "consent": "asked", "note": "Why not"}

    client.post("/settings/definition/new/", form)

    assert MqlDefinition.current().consent == "asked"
    assert "Asked for, confirmed or not" in client.get("/settings/definition/").content.decode()


def test_no_consent_never_leads_to_nurture(sign_in):
    reason = Reason.objects.get(name="No consent")
    assert (reason.no_consent, reason.return_path) == (True, "close")
    client = sign_in(role=Role.SALES_MANAGER)
    form = {"name": reason.name, "use": "reject", "return_path": "nurture", "cool_down_days": 0,
            "side": "targeting", "no_consent": "on", "is_active": "on"}  # fmt: skip

    answer = client.post(f"/settings/reasons/{reason.pk}/edit/", form)

    assert answer.status_code == 422
    assert "not sent back to nurture" in answer.content.decode()
    reason.refresh_from_db()
    assert reason.return_path == "close"
    with pytest.raises(IntegrityError), transaction.atomic():
        Reason.objects.filter(pk=reason.pk).update(return_path="nurture")

"""Who once unsubscribed and agrees again gets mail again; nobody else leaves the list."""

import pytest

from campaigns.capture import services as capture
from campaigns.capture.models import CaptureForm
from crm.mailing.models import Suppression
from crm.mailing.suppressing import is_suppressed, suppress
from leads.services import create_lead, set_consent
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
ANA = "ana@example.com"
Reason = Suppression.Reason


def test_consent_given_again_ends_an_unsubscription():
    lead = LeadFactory(email=ANA)
    suppress(ANA, Reason.UNSUBSCRIBED)

    set_consent(lead, True, source="by phone", actor=UserFactory())

    assert not is_suppressed(ANA)


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.BY_HAND])
def test_what_the_owner_of_an_address_did_not_ask_for_stays(reason):
    lead = LeadFactory(email=ANA)
    suppress(ANA, reason)

    set_consent(lead, True, source="by phone", actor=UserFactory())

    assert is_suppressed(ANA)


def test_withdrawing_consent_lifts_nothing():
    lead = LeadFactory(email=ANA, consent=True)
    suppress(ANA, Reason.UNSUBSCRIBED)

    set_consent(lead, False, source="by phone", actor=None)

    assert is_suppressed(ANA)


def test_a_lead_written_with_its_consent_may_get_mail():
    suppress(ANA, Reason.UNSUBSCRIBED)

    create_lead(actor=None, email=ANA, consent=True, consent_source="at the fair")

    assert not is_suppressed(ANA)


def test_a_ticked_box_in_a_form_ends_an_unsubscription_also_where_consent_stood():
    LeadFactory(email=ANA, consent=True)
    suppress(ANA, Reason.UNSUBSCRIBED)
    form = CaptureForm.objects.create(name="Webinar", consent_text="Write to me")

    capture.receive(form, capture.Sent({"email": ANA}, consent=True), token="once")  # noqa: S106

    assert not is_suppressed(ANA)

"""The e-mail step: to whom it goes, never twice, never a second one on one day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.timezone import localdate, now

from campaigns.newsletters.models import MarketingMail
from campaigns.sequences.models import Enrolment, StepRun
from crm.mailing.suppressing import suppress
from tests.factories import CampaignFactory, LeadFactory
from tests.sequences.building import Kind, enter, pass_by, sequence_of, wait

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LETTER = (Kind.EMAIL, {"subject": "Hello", "blocks": [{"kind": "text", "text": "How are you?"}]})
OTHER = (Kind.EMAIL, {"subject": "Again", "blocks": [{"kind": "text", "text": "Still there?"}]})


@pytest.fixture(autouse=True)
def acme(organisation):
    return organisation


def sent(mail: MarketingMail, at=None) -> None:
    """Let a mail have left today, or at that moment."""
    mail.state, mail.day = MarketingMail.State.SENT, localdate(at) if at else localdate()
    mail.save()


def test_a_lead_with_consent_gets_the_mail_for_the_campaign_of_the_sequence():
    campaign = CampaignFactory()
    sequence = sequence_of(LETTER, campaign=campaign)
    lead = LeadFactory(consent=True)
    enter(sequence, lead)

    pass_by()
    pass_by()

    mail = MarketingMail.objects.get()
    assert (mail.lead, mail.content.subject, mail.campaign) == (lead, "Hello", campaign)
    assert Enrolment.objects.get().state == "finished"


def test_without_consent_or_suppressed_the_mail_is_passed_over_and_the_lead_walks_on():
    sequence = sequence_of(LETTER, wait(1))
    refused, left = LeadFactory(consent=False), LeadFactory(consent=True)
    suppress(left.email, reason="unsubscribed", source="test")
    enter(sequence, refused, left)

    pass_by()

    assert not MarketingMail.objects.exists()
    skipped = StepRun.objects.filter(outcome=StepRun.Outcome.SKIPPED)
    assert {run.note for run in skipped} == {"No consent", "Suppressed"}
    assert Enrolment.objects.filter(step__kind=Kind.WAIT).count() == 2


def test_the_second_mail_of_a_day_goes_on_the_next():
    sequence = sequence_of(LETTER, OTHER)
    enter(sequence, LeadFactory(consent=True))
    start = now()

    pass_by(start)
    assert MarketingMail.objects.count() == 1
    sent(MarketingMail.objects.get(), start)
    pass_by(start)
    assert MarketingMail.objects.count() == 1
    pass_by(start + DAY)

    assert MarketingMail.objects.count() == 2


def test_two_sequences_do_not_write_to_one_lead_on_one_day():
    one, other = sequence_of(LETTER), sequence_of(OTHER, name="Other")
    lead = LeadFactory(consent=True)
    enter(one, lead)
    enter(other, lead)

    pass_by()

    assert MarketingMail.objects.count() == 1
    waiting = Enrolment.objects.open().get()
    assert "tomorrow" in waiting.note


def test_a_sequence_that_is_told_so_sends_a_second_mail_on_one_day():
    sequence = sequence_of(LETTER, OTHER, allow_second_mail_a_day=True)
    enter(sequence, LeadFactory(consent=True))

    pass_by()

    assert MarketingMail.objects.filter(also_today=True).count() == 2


def test_the_day_is_the_organisations_and_not_the_servers():
    sequence = sequence_of(LETTER, OTHER)
    enter(sequence, LeadFactory(consent=True), at=datetime(2026, 7, 1, 9, tzinfo=UTC))
    pass_by(datetime(2026, 7, 1, 9, tzinfo=UTC))
    mail = MarketingMail.objects.get()
    mail.state, mail.day = MarketingMail.State.SENT, date(2026, 7, 1)
    mail.save()
    Enrolment.objects.update(due_at=datetime(2026, 7, 1, 21, 59, tzinfo=UTC))

    pass_by(datetime(2026, 7, 1, 21, 59, tzinfo=UTC))
    assert MarketingMail.objects.count() == 1
    Enrolment.objects.update(due_at=datetime(2026, 7, 1, 22, 1, tzinfo=UTC))
    pass_by(datetime(2026, 7, 1, 22, 1, tzinfo=UTC))

    assert MarketingMail.objects.count() == 2


def test_a_lead_that_walks_through_again_gets_the_mail_again(organisation):
    sequence = sequence_of(LETTER)
    lead = LeadFactory(consent=True)
    enter(sequence, lead)
    pass_by()
    sent(MarketingMail.objects.get(), now() - 9 * DAY)

    from campaigns.sequences import entering

    entering.enrol(sequence, [lead.pk], how=Enrolment.How.RETURN, again=True)
    pass_by()

    assert MarketingMail.objects.filter(lead=lead).count() == 2

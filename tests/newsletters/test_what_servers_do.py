"""Servers that refuse, put off, hang up: nobody gets a mail twice, and bad addresses get none."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.newsletters import delivery, sending
from campaigns.newsletters.models import DeliveryEvent, MarketingMail
from campaigns.newsletters.services import queue_one
from crm.mailing.models import Suppression
from crm.mailing.suppressing import is_suppressed
from leads.models import Lead
from tests.newsletters.conftest import reader

pytestmark = pytest.mark.django_db
State = MarketingMail.State


@pytest.fixture
def mail(content) -> MarketingMail:
    return queue_one(reader(email="ana@example.com"), content, "k")


def test_an_address_that_does_not_exist_bounces_and_is_suppressed_at_once(inbox, mail):
    inbox.answers["ana@example.com"] = "550 5.1.1 no such user"

    sending.send_due()

    mail.refresh_from_db()
    assert mail.state == State.BOUNCED
    assert Suppression.objects.get().reason == Suppression.Reason.HARD_BOUNCE
    assert "550" in mail.last_error


def test_a_refusal_by_policy_is_no_fault_of_the_address(inbox, mail):
    inbox.reply = "554 5.7.1 message content rejected"

    sending.send_due()

    mail.refresh_from_db()
    assert mail.state == State.FAILED
    assert not is_suppressed("ana@example.com")


def test_a_refusal_for_now_is_tried_again_later(inbox, mail):
    inbox.answers["ana@example.com"] = "451 4.7.1 greylisted"
    sending.send_due()
    mail.refresh_from_db()
    assert (mail.state, mail.day) == (State.QUEUED, None)
    assert mail.due_at > now()

    inbox.answers.clear()
    MarketingMail.objects.update(due_at=now() - timedelta(seconds=1))
    sending.send_due()

    assert len(inbox.messages) == 1


def test_the_fifth_refusal_for_now_is_a_soft_bounce(inbox, mail):
    inbox.answers["ana@example.com"] = "451 4.7.1 greylisted"

    for _ in range(sending.MAX_ATTEMPTS):
        sending.send_due()
        MarketingMail.objects.update(due_at=now() - timedelta(seconds=1))

    mail.refresh_from_db()
    assert mail.state == State.BOUNCED
    assert mail.events.get().kind == DeliveryEvent.Kind.SOFT_BOUNCE
    assert not is_suppressed("ana@example.com")


def test_a_connection_cut_after_the_content_leaves_the_mail_unknown_and_unsent(inbox, mail):
    inbox.reply = "cut"
    sending.send_due()
    mail.refresh_from_db()
    assert mail.state == State.UNKNOWN

    inbox.reply = ""
    sending.send_due()

    assert inbox.messages == []


def test_a_server_that_is_down_costs_no_attempt_and_loses_nothing(settings, mail):
    settings.MAIL_KEPT = False
    settings.EMAIL_BACKEND = "crm.mailing.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    for _ in range(9):
        sending.send_due()
        MarketingMail.objects.update(due_at=now() - timedelta(seconds=1))

    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (State.QUEUED, 0)


def test_a_mail_found_half_sent_is_unknown_and_never_sent_again_by_itself(inbox, mail):
    MarketingMail.objects.update(state=State.SENDING, lease_until=now() - timedelta(seconds=1))

    sending.send_due()
    sending.send_due()

    mail.refresh_from_db()
    assert mail.state == State.UNKNOWN
    assert inbox.messages == []


def test_a_mail_that_another_sender_holds_is_left_alone(inbox, mail):
    MarketingMail.objects.update(lease_until=now() + timedelta(minutes=1))

    assert sending.send_due() == 0


def test_a_complaint_suppresses_and_withdraws_consent(mail):
    MarketingMail.objects.update(state=State.SENT, address="ana@example.com")

    assert delivery.report(mail.pk, "complaint", key="p:1")
    assert not delivery.report(mail.pk, "complaint", key="p:1")

    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINT
    assert not Lead.objects.get().consent


@pytest.mark.parametrize(("days", "suppressed"), [(29, True), (31, False)])
def test_three_soft_bounces_suppress_if_they_came_within_30_days(mail, days, suppressed):
    MarketingMail.objects.update(state=State.SENT, address="ana@example.com")
    start = now() - timedelta(days=40)

    for number, day in enumerate((0, 10, days)):
        delivery.report(mail.pk, "soft_bounce", key=f"p:{number}", at=start + timedelta(days=day))

    assert is_suppressed("ana@example.com") == suppressed

"""What a mail provider reports by its webhook, through django-anymail as it really arrives."""

import base64
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path

from campaigns.newsletters.models import MarketingMail
from crm.mailing.suppressing import is_suppressed
from leads.models import Lead
from tests.factories import MarketingMailFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("anymail/", include("anymail.urls"))]
SECRET = "tandem:a-long-secret"


@pytest.fixture(autouse=True)
def provider(settings: Any, organisation: Any) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def sent() -> MarketingMail:
    mail = MarketingMailFactory(state="sent", address="ana@example.com")
    Lead.objects.filter(pk=mail.lead_id).update(email="ana@example.com")
    return mail


def report(mail: MarketingMail, secret: str = SECRET, **said: object) -> int:
    """Post an event as Postmark does; return the status of the answer."""
    event = {"Metadata": {"marketing_mail": str(mail.pk)}, "MessageID": "m-1", **said}
    token = base64.b64encode(secret.encode()).decode()
    answer = Client().post(
        "/anymail/postmark/tracking/",
        json.dumps(event),
        content_type="application/json",
        headers={"authorization": f"Basic {token}"},
    )
    return answer.status_code


BOUNCE = {
    "RecordType": "Bounce", "ID": 1, "Email": "ana@example.com", "Description": "No such user",
    "BouncedAt": "2026-03-01T10:00:00Z", "Type": "HardBounce", "TypeCode": 1,
}  # fmt: skip
COMPLAINT = {**BOUNCE, "RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 2}


def test_a_reported_bounce_suppresses_the_address():
    mail = sent()

    assert report(mail, **BOUNCE) == 200
    assert report(mail, **BOUNCE) == 200

    mail.refresh_from_db()
    assert mail.state == MarketingMail.State.BOUNCED
    assert mail.events.count() == 1
    assert is_suppressed("ana@example.com")


def test_a_reported_complaint_withdraws_consent():
    mail = sent()

    report(mail, **COMPLAINT)

    assert is_suppressed("ana@example.com")
    assert not Lead.objects.get(pk=mail.lead_id).consent


def test_a_bounce_for_now_does_not_suppress():
    mail = sent()

    report(mail, **{**BOUNCE, "Type": "SoftBounce", "Description": "Mailbox full"})

    assert mail.events.get().kind == "soft_bounce"
    assert not is_suppressed("ana@example.com")


def test_a_stranger_reports_nothing():
    mail = sent()

    assert report(mail, "tandem:guessed", **BOUNCE) == 400
    assert not mail.events.exists()

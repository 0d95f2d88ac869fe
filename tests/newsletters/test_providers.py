"""What a mail provider reports by its webhook, through django-anymail as it really arrives."""

import base64
import json
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent
from django.test import Client

from campaigns.newsletters import providers
from campaigns.newsletters.models import MarketingMail
from crm.mailing import tokens, webhooks
from crm.mailing.suppressing import is_suppressed
from leads.models import Lead
from tests.factories import MarketingMailFactory

pytestmark = pytest.mark.django_db

SECRET = "tandem:a-long-and-random-secret"


@pytest.fixture(autouse=True)
def provider(settings: Any, organisation: Any) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": SECRET}
    settings.ROOT_URLCONF = tuple(webhooks.webhook_urls())


def sent() -> MarketingMail:
    mail = MarketingMailFactory(state="sent", address="ana@example.com")
    Lead.objects.filter(pk=mail.lead_id).update(email="ana@example.com")
    return mail


def report(mail: MarketingMail, secret: str = SECRET, name: str = "", **said: object) -> int:
    """Post an event as Postmark does; return the status of the answer."""
    name = name or tokens.sign(tokens.REPORT, mail.pk)
    event = {"Metadata": {"marketing_mail": name}, "MessageID": "m-1", **said}
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


@pytest.mark.parametrize(
    ("reason", "said", "description", "kind"),
    [
        ("bounced", "550 5.1.1 The email account does not exist", "", "hard_bounce"),  # SES
        ("bounced", "550 5.7.1 blocked, see spamhaus", "", "blocked"),
        ("bounced", "smtp; 550 5.4.1 Access denied", "", "soft_bounce"),
        ("bounced", None, "The server was unable to deliver your message (ex: unknown user,"
         " mailbox not found).", "hard_bounce"),  # Postmark
        ("bounced", None, "Unable to temporarily deliver message (i.e. mailbox full, account"
         " disabled, exceeds quota, out of disk space).", "soft_bounce"),
        ("bounced", None, "", "soft_bounce"),  # Brevo says no more: in doubt not dead
        ("blocked", None, "Message blocked", "blocked"),  # SendGrid
        ("invalid", None, "", "hard_bounce"),
        ("other", "552 5.2.2 over quota", "", "soft_bounce"),
    ],
)  # fmt: skip
def test_every_providers_bounce_is_read_in_the_same_way(reason, said, description, kind):
    event = AnymailTrackingEvent(
        event_type="bounced", reject_reason=reason, mta_response=said, description=description
    )

    assert providers.kind_of(event) == kind


def test_an_address_that_a_provider_refuses_for_an_old_bounce_is_not_dead_for_that():
    event = AnymailTrackingEvent(event_type="rejected", reject_reason="bounced")

    assert providers.kind_of(event) == "soft_bounce"


def test_a_stranger_reports_nothing():
    mail = sent()

    assert report(mail, "tandem:guessed", **BOUNCE) == 400
    assert not mail.events.exists()


def test_a_number_in_the_metadata_names_no_mail():
    mail = sent()

    assert report(mail, name=str(mail.pk), **BOUNCE) == 200
    assert report(mail, name=tokens.sign(tokens.CLICK, mail.pk), **BOUNCE) == 200

    assert not mail.events.exists()
    assert not is_suppressed("ana@example.com")


def test_a_mail_from_before_the_tokens_is_known_by_its_id_at_the_provider():
    mail = sent()
    MarketingMail.objects.filter(pk=mail.pk).update(provider_id="m-1")

    report(mail, name=str(mail.pk), **BOUNCE)

    assert mail.events.get().kind == "hard_bounce"


# Which webhooks there are -----------------------------------------------------------------------


def found(path: str) -> bool:
    return Client().post(path, "{}", content_type="application/json").status_code != 404


def test_only_the_configured_provider_is_mounted():
    assert found("/anymail/postmark/tracking/")
    assert found("/anymail/postmark/inbound/")
    assert not found("/anymail/mailgun/tracking/")
    assert not found("/anymail/sendgrid/inbound/")


@pytest.mark.parametrize("secret", [None, "", []])
def test_without_a_secret_there_is_no_address(settings: Any, secret: Any):
    settings.ANYMAIL = {"WEBHOOK_SECRET": secret, "POSTMARK_SERVER_TOKEN": "t"}
    settings.ROOT_URLCONF = tuple(webhooks.webhook_urls())
    mail = sent()

    assert report(mail, **BOUNCE) == 404
    assert not mail.events.exists()


def ids_of_checks() -> list[str]:
    return [str(each.id) for each in webhooks.webhooks_are_closed_to_strangers(None)]


def test_the_check_refuses_a_provider_without_a_good_secret(settings: Any):
    assert ids_of_checks() == []

    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "t"}
    assert ids_of_checks() == [webhooks.NO_SECRET]

    settings.ANYMAIL = {}
    assert ids_of_checks() == [webhooks.NO_SECRET]

    settings.ANYMAIL = {"WEBHOOK_SECRET": "tandem:short"}
    assert ids_of_checks() == [webhooks.WEAK_SECRET]

    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    settings.MAIL_PROVIDER = "pigeon"
    assert ids_of_checks() == [webhooks.UNKNOWN_PROVIDER]

    settings.MAIL_PROVIDER = ""
    assert ids_of_checks() == [webhooks.NO_PROVIDER]

    settings.ANYMAIL = {}
    assert ids_of_checks() == []


def test_every_provider_of_anymail_can_be_mounted_alone():
    from anymail.urls import urlpatterns

    names = {str(each.name).rsplit("_", 2)[0].removesuffix("_tracking") for each in urlpatterns}
    for name in names:
        mounted = {str(each.name) for each in webhooks.provider_patterns(name)}
        assert mounted
        assert all(each.startswith(f"{name}_") for each in mounted)

"""Consent: a stranger's form asks; the owner of the address confirms by mail."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils.timezone import now

from campaigns.newsletters.audience import may_receive
from crm.audit.models import Change
from crm.mailing.models import Mail, Suppression
from crm.mailing.suppressing import is_suppressed, suppress
from crm.users.models import Role
from leads import consent_mail
from leads.consents import ask_consent, confirm_consent, record_consent, withdraw_consent
from leads.models import Consent, Lead
from leads.services import create_lead, edit_lead
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
ANA = "ana@example.com"
WORDS = "Yes, write me about news."
Reason = Suppression.Reason


@pytest.fixture
def ana():
    return LeadFactory(name="Ana", email=ANA)


def asked(lead, **values):
    return ask_consent(lead, **{"source": "Form Webinar", "wording": WORDS, "version": 3, **values})


def link_path():
    """Return the path of the link in the newest mail."""
    found = re.search(r"https?://[^/]+(/consent/\S+)", Mail.objects.order_by("-pk")[0].text)
    assert found
    return found[1]


def test_an_asked_consent_is_pending_and_counts_as_no(ana):
    record = asked(ana)

    ana.refresh_from_db()
    assert (record.state, record.wording, record.wording_version) == ("pending", WORDS, 3)
    assert not ana.consent
    assert ana.consent_asked_at == record.asked_at
    assert not may_receive(Lead.objects.all()).exists()


def test_the_mailed_link_asks_by_get_and_confirms_by_post_once(ana):
    asked(ana)
    visitor = Client(enforce_csrf_checks=True)
    path = link_path()

    assert visitor.get(path).status_code == 200
    assert visitor.head(path).status_code == 200
    ana.refresh_from_db()
    assert not ana.consent

    assert visitor.post(path).status_code == 200
    assert visitor.post(path).status_code == 410

    ana.refresh_from_db()
    record = ana.consents.get()
    assert ana.consent
    assert (record.proof, ana.consent_source) == (Consent.Proof.LINK, "Form Webinar")
    assert may_receive(Lead.objects.all()).get() == ana


def test_a_strangers_form_lifts_no_unsubscription_the_owners_link_does(ana):
    suppress(ANA, Reason.UNSUBSCRIBED)

    asked(ana)
    assert is_suppressed(ANA)

    Client().post(link_path())
    assert not is_suppressed(ANA)


def test_consent_that_stood_does_not_help_a_stranger_against_an_unsubscription(ana):
    record_consent(ana, source="at the fair", actor=UserFactory())
    suppress(ANA, Reason.UNSUBSCRIBED)

    record = asked(ana)

    assert record.state == "pending"
    assert is_suppressed(ANA)


@pytest.mark.parametrize("days", [15, 400])
def test_a_link_is_good_for_fourteen_days(ana, days):
    record = asked(ana)
    token = consent_mail.new_token(record)

    with time_machine.travel(now() + timedelta(days=days)):
        answer = Client().post(f"/consent/{token}/")

    assert answer.status_code == 410
    ana.refresh_from_db()
    assert not ana.consent
    assert ana.consents.get().state == "pending"


@pytest.mark.parametrize("token", ["x", "1", "1.abc.def", "9" * 5000, "²"])
def test_a_token_that_is_not_ours_confirms_nothing(ana, token):
    asked(ana)

    assert Client().post(f"/consent/{token}/").status_code == 410
    assert ana.consents.get().state == "pending"


def test_one_address_gets_one_such_mail_a_day_whatever_forms_it_is_typed_into(ana):
    with time_machine.travel("2026-09-01T10:00Z", tick=False):
        asked(ana)
        asked(ana, source="Form Demo")
        asked(ana)
    assert Mail.objects.filter(to=ANA).count() == 1
    assert ana.consents.count() == 2

    with time_machine.travel("2026-09-02T10:00Z", tick=False):
        asked(ana)
    assert Mail.objects.filter(to=ANA).count() == 2


@pytest.mark.parametrize(
    "reason", [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.SOFT_BOUNCES, Reason.BY_HAND]
)
def test_no_mail_goes_to_complaints_and_dead_addresses(ana, reason):
    suppress(ANA, reason)

    record = asked(ana)

    assert not Mail.objects.exists()
    assert record.mailed_at is None


@pytest.mark.parametrize("reason", [Reason.COMPLAINT, Reason.HARD_BOUNCE, Reason.BY_HAND])
def test_what_the_owner_did_not_ask_for_stays_suppressed_after_the_link(ana, reason):
    record = asked(ana)
    suppress(ANA, reason)

    confirm_consent(record)

    assert is_suppressed(ANA)


def test_a_link_confirms_only_for_the_address_it_was_sent_to(ana):
    record = asked(ana)
    edit_lead(ana, {"email": "other@example.com"}, actor=None)

    assert not confirm_consent(record)

    ana.refresh_from_db()
    assert not ana.consent


def test_unsubscribing_voids_the_link_that_was_sent_before(ana):
    record = asked(ana)
    withdraw_consent(ana, source="by phone", actor=None)

    assert Client().post(link_path()).status_code == 410
    assert not confirm_consent(record)


def test_consent_told_to_one_of_us_counts_at_once_and_lifts_nothing(ana):
    suppress(ANA, Reason.UNSUBSCRIBED)
    user = UserFactory()

    assert record_consent(ana, source="by phone", actor=user)
    assert not record_consent(ana, source="again", actor=user)

    record = ana.consents.get()
    assert (record.proof, record.recorded_by, record.source) == ("staff", user, "by phone")
    assert ana.consent
    assert is_suppressed(ANA)


def test_a_lead_entered_with_its_consent_has_the_record_and_lifts_nothing():
    suppress(ANA, Reason.UNSUBSCRIBED)

    lead = create_lead(actor=None, email=ANA, consent=True, consent_source="at the fair")

    assert lead.consents.get().source == "at the fair"
    assert is_suppressed(ANA)


def test_withdrawing_keeps_the_record_and_says_when_and_how(ana):
    record_consent(ana, source="at the fair", actor=None)

    assert withdraw_consent(ana, source="by phone", actor=None)
    assert not withdraw_consent(ana, source="again", actor=None)

    ana.refresh_from_db()
    record = ana.consents.get()
    assert (record.state, record.withdrawn_source) == ("withdrawn", "by phone")
    assert record.confirmed_at
    assert (ana.consent, ana.consent_source, ana.consent_asked_at) == (False, "by phone", None)


def test_every_change_stands_in_the_history_of_the_lead(ana):
    confirm_consent(asked(ana))
    withdraw_consent(ana, source="by phone", actor=None)

    lines = Change.objects.of(ana).order_by("pk").values_list("field", "after")
    told = [line for line in lines if line[0] in ("consent", "consent_source")]
    assert [(name, after.replace("1", "true").replace("0", "false")) for name, after in told] == [
        ("consent", "true"),
        ("consent_source", "Form Webinar"),
        ("consent", "false"),
        ("consent_source", "by phone"),
    ]
    assert "consent_asked_at" in dict(lines)


def test_the_record_of_a_lead_shows_its_consents(ana, sign_in):
    confirm_consent(asked(ana))
    client = sign_in(role=Role.MARKETER)

    page = client.get(f"/leads/{ana.pk}/consent/records/").content.decode()

    assert WORDS in page
    assert "version 3" in page
    assert "by the emailed link" in page


def test_marketing_asks_by_mail_and_sales_does_not(ana, sign_in):
    assert sign_in(role=Role.SALES_MANAGER).post(f"/leads/{ana.pk}/consent/ask/").status_code == 403
    assert not Consent.objects.exists()

    sign_in(role=Role.MARKETER).post(f"/leads/{ana.pk}/consent/ask/")

    assert ana.consents.get().state == "pending"
    assert Mail.objects.get().to == ANA


def test_a_rep_enters_a_lead_but_not_its_consent(sign_in):
    sign_in(role=Role.REP).post(
        "/leads/new/", {"name": "Ana", "email": ANA, "consent": "on", "consent_source": "Fair"}
    )

    assert not Lead.objects.get().consent
    assert not Consent.objects.exists()


def test_a_marketer_says_where_the_consent_of_a_new_lead_was_given(sign_in):
    client = sign_in(role=Role.MARKETER)

    refused = client.post("/leads/new/", {"name": "Ana", "email": ANA, "consent": "on"})
    assert refused.status_code == 422
    assert not Lead.objects.exists()

    client.post(
        "/leads/new/", {"name": "Ana", "email": ANA, "consent": "on", "consent_source": "Fair"}
    )
    assert Lead.objects.get().consents.get().source == "Fair"


def test_nobody_lifts_an_unsubscription_by_hand(sign_in):
    suppress(ANA, Reason.UNSUBSCRIBED)
    suppress("bo@example.com", Reason.BY_HAND)
    client = sign_in(role=Role.MARKETING_MANAGER)

    for row in Suppression.objects.all():
        client.post(f"/newsletters/suppressed/{row.pk}/lift/")

    assert is_suppressed(ANA)
    assert not is_suppressed("bo@example.com")

"""One marketing mail on its way: what it looks like, when it leaves, when it does not."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from campaigns.newsletters import audience, leaving, sending
from campaigns.newsletters.contents import message_id
from campaigns.newsletters.models import MailPreference, MarketingMail
from campaigns.newsletters.services import may_receive, queue_one
from crm.audit.models import Change
from crm.mailing.models import Mail, Suppression
from crm.mailing.suppressing import is_suppressed, suppress
from crm.stages import Stage
from leads.models import Lead
from tests.factories import CompanyFactory, LeadFactory
from tests.newsletters.conftest import reader

pytestmark = pytest.mark.django_db
State = MarketingMail.State


def state_of(mail: MarketingMail) -> str:
    mail.refresh_from_db()
    return mail.state


def unfolded(message, header: str) -> str:
    return " ".join(message[header].split())


def unsubscribe_path(message) -> str:
    url = unfolded(message, "List-Unsubscribe").strip("<>")
    return url.removeprefix("http://localhost:8000")


def body(response) -> str:
    """Return what a page shows, without its head (which has a token of its own each time)."""
    return response.content.decode().partition("<main")[2]


def part(message, kind: str) -> str:
    (found,) = [each for each in message.walk() if each.get_content_type() == kind]
    return found.get_payload(decode=True).decode()


def test_a_mail_carries_what_rfc_8058_and_the_large_providers_ask_for(inbox, content):
    lead = reader(name="Ana Costa", email="ana@example.com", company=CompanyFactory(name="A & B"))
    mail = queue_one(lead, content, "sequence:1:step:1")

    sending.send_due()

    (message,) = inbox.messages
    assert message["To"] == "ana@example.com"
    assert message["Subject"] == "News for Ana"
    assert message["Message-ID"] == message_id(mail.pk)
    assert re.fullmatch(rf"<{mail.pk}\.[\w-]{{43}}@localhost>", message["Message-ID"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(
        r"<http://localhost:8000/m/u/[\w.-]+/>", unfolded(message, "List-Unsubscribe")
    )
    assert message["Precedence"] == "bulk"
    assert re.fullmatch(r"[0-9a-f]{16}:none:sequence:tandem", message["Feedback-ID"])
    assert message.get_content_type() == "multipart/alternative"


def test_both_parts_say_the_same_with_the_leads_own_values_escaped(inbox, content):
    company = CompanyFactory(name="A & <b>B</b>")
    queue_one(reader(name="", company=company), content, "k")

    sending.send_due()

    (message,) = inbox.messages
    plain, html = part(message, "text/plain"), part(message, "text/html")
    assert "Hello there" in plain
    assert "Hello there" in html
    assert "A & <b>B</b>" in plain
    assert "A &amp; &lt;b&gt;B&lt;/b&gt;" in html
    assert "{{" not in plain + html
    assert "tandem-" not in plain + html
    assert "/m/c/" in plain
    assert "/m/u/" in plain


def test_what_a_lead_is_called_is_never_run_as_a_template(inbox, content):
    queue_one(reader(name="{{ email }} {% debug %}"), content, "k")

    sending.send_due()

    assert (
        "{{ email }}" not in inbox.messages[0]["Subject"] or "@" not in inbox.messages[0]["Subject"]
    )
    assert part(inbox.messages[0], "text/plain").startswith("Hello {{")


def test_asking_twice_sends_once(inbox, content):
    lead = reader()

    first, second = (queue_one(lead, content, "sequence:1:step:1") for _ in range(2))
    sending.send_due()
    sending.send_due()

    assert first == second
    assert len(inbox.messages) == 1


def test_the_unsubscribe_address_of_a_mail_works_by_post_without_cookie(inbox, content):
    lead = reader(email="ana@example.com")
    queue_one(lead, content, "k")
    sending.send_due()
    path = unsubscribe_path(inbox.messages[0])
    provider = Client(enforce_csrf_checks=True)

    assert provider.get(path).status_code == 200
    assert Lead.objects.get().consent
    assert provider.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200

    lead.refresh_from_db()
    assert not lead.consent
    assert "by one click" in lead.consent_source
    assert "News for" in lead.consent_source
    assert lead.consent_at
    assert is_suppressed("ANA@example.com")
    assert Change.objects.of(lead).filter(field="consent").exists()
    assert MarketingMail.objects.get().unsubscribed_at
    assert not may_receive(Lead.objects.all()).exists()


def test_a_wrong_token_gets_the_same_answers_and_changes_nothing(inbox, content):
    queue_one(reader(), content, "k")
    sending.send_due()
    path = unsubscribe_path(inbox.messages[0])
    token = path.split("/")[3]
    assert len(token) > 40
    client = Client()

    for base in ("u", "p"):
        right, wrong = f"/m/{base}/{token}/", f"/m/{base}/1.forged/"
        for call in (client.get, client.post):
            bad, good = call(wrong), call(right)
            assert bad.status_code == good.status_code == 200
            shown = body(good).replace(token, "1.forged")
            assert body(bad) == shown
    assert client.get("/m/o/1.forged/").status_code == 200
    assert client.get("/m/c/1.forged/").status_code == 404


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"consent": False}, "no_consent"),
        ({"email": ""}, "no_address"),
        ({"stage": Stage.DISQUALIFIED}, "disqualified"),
    ],
)
def test_who_may_not_get_mail_is_left_out_with_the_reason(inbox, content, values, why):
    mail = queue_one(reader(**values), content, "k")

    sending.send_due()

    assert inbox.messages == []
    assert (state_of(mail), mail.reason) == (State.SKIPPED, why)


def test_suppression_between_queueing_and_sending_is_honoured(inbox, content):
    lead = reader()
    mail = queue_one(lead, content, "k")
    suppress(lead.email.upper(), Suppression.Reason.BY_HAND, source="by hand")

    sending.send_due()

    assert inbox.messages == []
    assert state_of(mail) == State.SUPPRESSED


def test_somebody_who_unsubscribes_while_his_batch_is_under_way_gets_nothing(inbox, content):
    first, second = reader(email="one@example.com"), reader(email="two@example.com")
    sent = queue_one(first, content, "k")
    queue_one(second, content, "k")
    batch = sending.take_batch(None)
    leaving.unsubscribe(MarketingMail.objects.get(lead=second), how="on the page")

    with sending.Post() as post:
        sending.send_batch(batch, post)

    assert inbox.recipients == ["one@example.com"]
    assert state_of(sent) == State.SENT


def test_an_erased_persons_address_stays_suppressed_without_being_readable(organisation):
    suppress("ana@example.com", Suppression.Reason.UNSUBSCRIBED)
    Suppression.objects.update(address="")
    reader(email="ana@example.com")

    assert is_suppressed("ana@example.com")
    assert not may_receive(Lead.objects.all()).exists()


def test_a_lead_gets_one_marketing_mail_a_day_unless_told_otherwise(inbox, content):
    lead = reader()
    one, two = (queue_one(lead, content, key) for key in ("a", "b"))
    three = queue_one(lead, content, "c", also_today=True)

    sending.send_due()

    assert (state_of(one), state_of(two), state_of(three)) == (
        State.SENT,
        State.QUEUED,
        State.SENT,
    )
    assert two.due_at > now() + timedelta(hours=12)


def test_a_preference_keeps_sequences_away_and_newsletters_not(inbox, content):
    lead = reader()
    MailPreference.objects.create(lead=lead, sequences=False)
    mail = queue_one(lead, content, "k")

    sending.send_due()

    assert (state_of(mail), mail.reason) == (State.SKIPPED, "preference")
    assert may_receive(Lead.objects.all()).exists()


def test_reasons_are_counted_once_each_in_their_order(organisation):
    reader()
    LeadFactory(consent=False, email="", name="Nobody")
    LeadFactory(consent=False)
    suppress(reader().email, Suppression.Reason.COMPLAINT)

    judged = audience.with_why(Lead.objects.all(), "newsletter", audience.today(), also_today=False)

    assert sorted(judged.values_list("why", flat=True)) == [
        "", "no_address", "no_consent", "suppressed",
    ]  # fmt: skip


def test_without_a_server_the_mailbox_shows_what_would_have_left(settings, content):
    settings.MAIL_KEPT = True
    queue_one(reader(email="ana@example.com"), content, "k")

    sending.send_due()

    kept = Mail.objects.get()
    assert kept.to == "ana@example.com"
    assert "List-Unsubscribe" in kept.headers
    assert "<html" in kept.html

"""Reports that come as mail find the mail that they are of, and say what becomes of its address."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from campaigns.newsletters import delivery, rereading, sending
from campaigns.newsletters.contents import message_id
from campaigns.newsletters.models import DeliveryEvent, MarketingMail
from campaigns.newsletters.services import queue_one
from crm.correspondence import receiving
from crm.correspondence.incoming import Outcome
from crm.correspondence.models import Message
from crm.mailing import returning
from crm.mailing.models import Suppression
from crm.mailing.reports import read_report
from crm.mailing.suppressing import is_suppressed, suppress
from crm.notifications.models import Notification
from crm.users.models import Role
from leads.models import Lead
from tests.factories import LeadFactory, MarketingMailFactory, MessageFactory, UserFactory
from tests.newsletters.conftest import reader

pytestmark = pytest.mark.django_db
DSN = (Path(__file__).parent / "delivery_report.eml").read_text()
State = MarketingMail.State


@pytest.fixture(autouse=True)
def domain(settings: Any, organisation: Any) -> None:
    settings.RETURN_DOMAIN = settings.INBOUND_DOMAIN = "in.tandem.example"
    settings.MAIL_PROVIDER = ""


@pytest.fixture
def mail() -> MarketingMail:
    mail = MarketingMailFactory(state="sent", address="ana@example.com")
    Lead.objects.filter(pk=mail.lead_id).update(email="ana@example.com")
    return mail


def take(raw: bytes, envelope: Iterable[str] = ()) -> Outcome:
    return receiving.receive(raw, door=receiving.Door.SERVER, envelope=envelope)


def dsn(address: str = "ana@example.com", quoted: str = "<other@x>", **other: str) -> bytes:
    text = DSN.replace("ADDRESS", address).replace("MESSAGEID", quoted)
    for old, new in other.items():
        text = text.replace({"status": "5.1.1", "said": "User unknown"}[old], new)
    return text.encode()


def test_a_report_is_matched_by_the_message_id_that_it_quotes(mail):
    assert take(dsn(quoted=message_id(mail.pk))) is Outcome.REPORT
    assert take(dsn(quoted=message_id(mail.pk))) is Outcome.REPORT

    mail.refresh_from_db()
    assert mail.state == State.BOUNCED
    assert mail.events.get().kind == "hard_bounce"
    assert is_suppressed("ana@example.com")
    assert not Message.objects.exists()


def test_a_report_is_matched_by_the_signed_return_address(mail):
    to = returning.return_address(returning.MARKETING, mail.pk).upper()

    assert take(dsn(), envelope=[to]) is Outcome.REPORT

    assert mail.events.get().kind == "hard_bounce"


def test_a_guessed_return_address_or_message_id_reports_nothing(mail):
    right = returning.return_address(returning.MARKETING, mail.pk)
    forged = right.replace(f"b+m{mail.pk}-", f"b+m{mail.pk + 1}-")
    for envelope, quoted in (
        (forged, "<a@b>"),
        (right.replace("in.", "out."), "<a@b>"),
        ("", f"<{mail.pk}.guessed@localhost>"),
        ("", f"<marketing.{mail.pk}@localhost>"),
    ):
        assert take(dsn(quoted=quoted), envelope=[envelope]) is not Outcome.REPORT

    assert not DeliveryEvent.objects.exists()
    assert not is_suppressed("ana@example.com")


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "User unknown", "hard_bounce"),
        ("5.7.1", "Blocked by policy", "blocked"),
        ("5.2.2", "Mailbox full", "soft_bounce"),
        ("4.4.7", "Delivery time expired", "soft_bounce"),
        ("5.4.1", "Access denied", "soft_bounce"),
        ("5.0.0", "Unknown", "soft_bounce"),
    ],
)
def test_a_report_counts_as_what_it_says(mail, status, said, kind):
    take(dsn(quoted=message_id(mail.pk), status=status, said=said))

    assert mail.events.get().kind == kind
    assert is_suppressed("ana@example.com") == (kind == "hard_bounce")


def test_who_a_reader_forwards_to_is_not_the_reader(mail):
    take(dsn("old@elsewhere.example", quoted=message_id(mail.pk)))

    assert mail.events.get().kind == "soft_bounce"
    assert not is_suppressed("ana@example.com")


def test_a_delay_is_no_bounce(mail):
    raw = dsn(quoted=message_id(mail.pk)).replace(b"Action: failed", b"Action: delayed")

    assert take(raw) is Outcome.REPORT
    assert not DeliveryEvent.objects.exists()


def test_a_complaint_by_mail_ends_marketing_mail(mail):
    raw = (
        "From: fbl@isp.example\r\nTo: abuse@tandem.example\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nSpam.\r\n"
        "--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        "User-Agent: ISP/1\r\nVersion: 1\r\n\r\n"
        "--B\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {message_id(mail.pk)}\r\nSubject: News\r\n\r\nHello\r\n--B--\r\n"
    ).encode()

    assert take(raw) is Outcome.REPORT
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINT
    assert not Lead.objects.get(pk=mail.lead_id).consent


def test_a_report_in_no_standard_form_counts_where_it_came_to_the_return_address(mail):
    to = returning.return_address(returning.MARKETING, mail.pk)
    raw = b"From: mailer@old.example\r\nSubject: failure notice\r\n\r\nSorry, no mailbox here.\r\n"

    assert take(raw, envelope=[to]) is Outcome.REPORT
    assert mail.events.get().kind == "hard_bounce"
    assert read_report(raw) is None


def test_an_absence_note_to_the_return_address_is_no_report(mail):
    to = returning.return_address(returning.MARKETING, mail.pk)
    raw = (
        b"From: ana@example.com\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\n"
        b"My old mailbox does not exist any more, write to bo@example.com.\r\n"
    )

    assert take(raw, envelope=[to]) is not Outcome.REPORT
    assert not DeliveryEvent.objects.exists()


def test_mail_leaves_with_its_signed_return_address_and_its_usual_sender(inbox, content):
    mail = queue_one(reader(email="ana@example.com"), content, "k")
    seen: list[str] = []
    inbox.during = lambda address: seen.append(address)

    sending.send_due()

    (message,) = inbox.messages
    assert message["From"].endswith("<tandem@example.com>")
    assert inbox.senders == [returning.return_address(returning.MARKETING, mail.pk)]


def test_personal_mail_that_came_back_tells_its_writer(settings):
    rita = UserFactory(name="Rita")
    sent = MessageFactory(
        lead=LeadFactory(owner=rita), by=rita, direction="out", state="sent",
        to=["ana@example.com"], message_id="<random-1@localhost>",
    )  # fmt: skip

    take(dsn(quoted=sent.message_id))
    take(dsn(), envelope=[returning.return_address(returning.PERSONAL, sent.pk)])

    sent.refresh_from_db()
    assert "User unknown" in sent.last_error
    assert Notification.objects.get().title == "Your mail to ana@example.com came back"
    assert is_suppressed("ana@example.com")


# What was suppressed by an older reading --------------------------------------------------------


def reported(address: str, kind: str, detail: str) -> None:
    mail = MarketingMailFactory(state="sent", address=address)
    delivery.report(mail.pk, kind, key=f"{address}{detail}{mail.pk}", detail=detail)


def test_addresses_that_an_older_reading_called_dead_are_listed_and_released_together(sign_in):
    refused = "SMTPRecipientsRefused: {'%s': (550, b'%s')}"
    reported("blocked@example.com", "hard_bounce", refused % ("b@x.com", "blocked by spamhaus"))
    reported("policy@example.com", "hard_bounce", "550 5.7.1 policy")
    reported("dead@example.com", "hard_bounce", refused % ("d@x.com", "5.1.1 no such user"))
    reported("both@example.com", "hard_bounce", "550 5.7.1 policy")
    reported("both@example.com", "hard_bounce", "550 5.1.1 no such user")
    for number in range(3):
        reported("soft@example.com", "soft_bounce", f"554 5.7.1 spam {number}")
    suppress("hand@example.com", "by_hand")
    suppress("nothing@example.com", "hard_bounce")
    marketer, manager = sign_in(role=Role.MARKETER), sign_in(role=Role.MARKETING_MANAGER)

    page = manager.get("/newsletters/suppressed/misread/").content.decode()
    assert marketer.post("/newsletters/suppressed/misread/release/").status_code == 403
    assert Suppression.objects.count() == 7
    manager.post("/newsletters/suppressed/misread/release/")

    alive = {"blocked@example.com", "policy@example.com", "soft@example.com"}
    assert all(address in page for address in alive)
    assert "dead@example.com" not in page
    left = set(Suppression.objects.values_list("address", flat=True))
    assert left == {"dead@example.com", "both@example.com", "hand@example.com",
                    "nothing@example.com"}  # fmt: skip
    assert rereading.misread() == []


def test_a_personal_mail_that_was_refused_by_policy_is_listed_too():
    MessageFactory(
        lead=LeadFactory(), direction="out", state="failed", to=["ana@example.com"],
        last_error="SMTPRecipientsRefused: {'ana@example.com': (550, b'5.7.1 denied by policy')}",
    )  # fmt: skip
    suppress("ana@example.com", "hard_bounce", source="Personal mail")

    (found,) = rereading.misread()

    assert found.suppression.address == "ana@example.com"

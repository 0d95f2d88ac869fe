"""A personal mail leaves once, after ten seconds, and is logged when it has left."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.correspondence import composing, mailboxes, sending
from crm.correspondence.composing import Draft
from crm.correspondence.models import Message, UserMailbox
from crm.mailing.models import Mail, Suppression
from crm.mailing.suppressing import is_suppressed
from crm.notifications.models import Notification
from tests.correspondence.servers import PASSWORD, USER
from tests.factories import MessageFactory, waiting_handoff

State = Message.State
DRAFT = Draft(["ana@acme.pt"], [], "Our offer", "Hello Ana,\n\nhere it is.")


@pytest.fixture
def own_server(rita, smtp):
    box, port = smtp
    mailbox = UserMailbox(user=rita, address="rita@sales.example", host="127.0.0.1", port=port,
                          security="none", username=USER)  # fmt: skip
    mailboxes.keep(mailbox, password=PASSWORD)
    return box


def queue(lead, user, **how):
    """Queue a mail whose ten seconds are over."""
    message = composing.queue(lead, DRAFT, by=user, **how)
    Message.objects.filter(pk=message.pk).update(due_at=now() - timedelta(seconds=1))
    return message


def test_a_mail_waits_ten_seconds_and_can_be_taken_back(ana, rita):
    message = composing.queue(ana, DRAFT, by=rita)

    assert sending.send_due() == 0
    assert composing.take_back(message)
    Message.objects.update(due_at=now())
    assert sending.send_due() == 0
    assert not Activity.objects.exists()


def test_what_has_left_cannot_be_taken_back(ana, rita):
    message = queue(ana, rita)
    sending.send_due()

    assert not composing.take_back(message)


def test_it_leaves_by_the_users_own_server_under_his_address(ana, rita, own_server):
    message = queue(ana, rita)

    assert sending.send_due() == 1

    letter = message_from_bytes(own_server.letters[0].content, policy=policy.default)
    assert own_server.logins == [USER]
    assert own_server.letters[0].mail_from == "rita@sales.example"
    assert letter["From"] == "Rita Reyes <rita@sales.example>"
    assert letter["Message-ID"] == message.message_id
    assert "re+" in letter["Reply-To"]
    assert "log+" not in own_server.letters[0].content.decode()
    assert letter.get_content().strip().endswith("here it is.")


def test_without_a_server_of_his_own_it_leaves_by_the_organisations(ana, rita):
    queue(ana, rita)

    sending.send_due()

    kept = Mail.objects.get()
    assert (kept.to, kept.headers["From"]) == ("ana@acme.pt", "Rita Reyes <tandem@example.com>")


def test_what_has_left_is_one_activity_and_stops_the_clock(ana, rita):
    from crm.funnel import handoffs

    handoff = waiting_handoff(rep=rita, lead=ana)
    handoffs.accept(handoff, actor=rita)
    queue(ana, rita)

    sending.send_due()
    sending.send_due()

    activity = Activity.objects.get()
    assert (activity.kind, activity.by, activity.lead) == ("email", rita, ana)
    assert "Our offer" in activity.text
    handoff.refresh_from_db()
    assert handoff.first_contact_at is not None


def test_an_answer_names_its_thread(ana, rita, own_server):
    first = MessageFactory(lead=ana, references=["<0@acme.pt>"], thread="<0@acme.pt>")
    message = queue(ana, rita, answers=first)

    sending.send_due()

    letter = message_from_bytes(own_server.letters[0].content)
    assert letter["In-Reply-To"] == first.message_id
    assert letter["References"] == f"<0@acme.pt> {first.message_id}"
    assert message.thread == "<0@acme.pt>"


def test_a_server_that_refuses_the_log_in_is_tried_again_later(ana, rita, own_server):
    mailboxes.keep(UserMailbox.of(rita), password="wrong")  # noqa: S106
    message = queue(ana, rita)

    sending.send_due()

    message.refresh_from_db()
    assert message.state == State.QUEUED
    assert message.due_at > now()
    assert message.last_error == mailboxes.NO_LOG_IN
    assert "Authentication" in UserMailbox.of(rita).last_error


def test_an_address_that_does_not_exist_fails_and_is_remembered(ana, rita, own_server):
    own_server.refused.add("ana@acme.pt")
    message = queue(ana, rita)

    sending.send_due()

    message.refresh_from_db()
    assert message.state == State.FAILED
    assert is_suppressed("ana@acme.pt")
    assert not Activity.objects.exists()
    assert Notification.objects.get().user == rita


def test_a_mail_found_half_sent_is_never_sent_again_by_itself(ana, rita, own_server):
    message = queue(ana, rita)
    sending.claim(message)
    Message.objects.update(lease_until=now() - timedelta(seconds=1))

    sending.send_due()
    sending.send_due()

    message.refresh_from_db()
    assert message.state == State.UNKNOWN
    assert own_server.letters == []
    assert Notification.objects.get().user == rita


def test_its_writer_says_that_it_arrived_or_sends_it_again(ana, rita, own_server):
    arrived, lost = (
        MessageFactory(lead=ana, by=rita, direction="out", state=State.UNKNOWN, to=["ana@acme.pt"])
        for _ in range(2)
    )

    assert sending.believe_sent(arrived)
    assert composing.send_again(lost)
    sending.send_due()

    assert len(own_server.letters) == 1
    assert Activity.objects.count() == 2
    assert not sending.believe_sent(arrived)


def test_two_senders_send_it_once(ana, rita):
    message = queue(ana, rita)

    assert [sending.claim(message), sending.claim(message)] == [True, False]


def test_the_password_is_kept_encrypted(rita, own_server):
    kept = UserMailbox.objects.get(user=rita)

    assert PASSWORD not in kept.password
    assert mailboxes.test(rita) == ""


def test_a_password_of_another_key_is_asked_for_again(ana, rita, own_server, settings):
    message = queue(ana, rita)
    settings.SECRET_KEY = "another"  # noqa: S105

    sending.send_due()

    message.refresh_from_db()
    assert message.state == State.FAILED
    assert "Type it again" in message.last_error


def test_doubts_name_holes_unknown_fields_and_dead_addresses(ana, rita):
    Suppression.objects.all().delete()
    from crm.mailing.suppressing import suppress

    suppress("ana@acme.pt", Suppression.Reason.COMPLAINT)
    suppress("ben@acme.pt", Suppression.Reason.UNSUBSCRIBED)
    draft = Draft(
        ["ana@acme.pt"], ["ben@acme.pt"], "For {{ company }}", "{{ nick }} {{ deal | it }}"
    )

    found = composing.doubts(draft, composing.values_of(ana, rita))

    assert len(found) == 3
    assert "nick" in found[0]
    assert "Company" in found[1]
    assert "ana@acme.pt" in found[2]

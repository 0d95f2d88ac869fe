"""Mail that comes in finds its lead, once, whichever way it comes."""

import pytest
from django.db import OperationalError

from crm.activities.models import Activity
from crm.correspondence import fetching, incoming
from crm.correspondence.addresses import ANSWER, logging_address
from crm.correspondence.incoming import Outcome
from crm.correspondence.models import FetchedFolder, Message
from crm.correspondence.reading import read
from crm.notifications.models import Notification
from leads.models import Lead
from tests.correspondence.letters import mime
from tests.factories import LeadFactory, MessageFactory, UserFactory, waiting_handoff


def receive(raw: bytes, *envelope: str) -> Outcome:
    return incoming.receive(read(raw), envelope=envelope)


def test_what_a_lead_writes_is_one_activity_and_its_owner_is_told(ana, rita):
    assert receive(mime()) == Outcome.LOGGED
    assert receive(mime()) == Outcome.KNOWN

    message = Message.objects.get()
    assert (message.lead, message.direction) == (ana, "in")
    assert Activity.objects.get().kind == "email"
    assert "How soon" in Activity.objects.get().text
    assert Notification.objects.get().user == rita


def test_mail_that_came_in_stops_no_deadline(ana, rita):
    from crm.funnel import handoffs

    handoff = waiting_handoff(rep=rita, lead=ana)
    handoffs.accept(handoff, actor=rita)

    receive(mime())

    handoff.refresh_from_db()
    assert handoff.first_contact_at is None


def test_a_mail_sent_elsewhere_is_logged_by_its_copy(ana, rita):
    raw = mime(sender="Rita <rita@example.com>", to="Ana <ANA@acme.pt>")

    assert receive(raw, logging_address(rita).upper()) == Outcome.LOGGED

    message = Message.objects.get()
    assert (message.lead, message.direction, message.by) == (ana, "out", rita)
    assert Activity.objects.get().by == rita


def test_a_mail_from_another_address_of_ours_is_the_token_owners(ana, rita):
    raw = mime(sender="rita@private.example", to="ana@acme.pt")

    receive(raw, logging_address(rita))

    assert (Message.objects.get().direction, Message.objects.get().by) == ("out", rita)


def test_what_a_rep_forwards_is_the_leads(ana, rita):
    text = "---------- Forwarded message ---------\nFrom: Ana Costa <ana@acme.pt>\n\nHello"
    raw = mime(sender="rita@example.com", to=logging_address(rita), text=text)

    assert receive(raw) == Outcome.LOGGED

    message = Message.objects.get()
    assert (message.direction, message.sender, message.lead) == ("in", "ana@acme.pt", ana)


def test_a_wrong_token_logs_nothing(ana, rita):
    wrong = logging_address(rita).replace("-", "-0", 1)
    forged = f"log+{rita.pk}-{'0' * 24}@in.tandem.example"
    raw = mime(sender="rita@example.com", to="ana@acme.pt")

    for address in (wrong, forged, "log@in.tandem.example", "log+x@in.tandem.example"):
        assert receive(raw, address) == Outcome.REFUSED
    assert not Message.objects.exists()


def test_an_answer_to_the_address_that_readers_know_is_received(ana, rita):
    raw = mime(sender="ana@home.example", to=logging_address(rita, ANSWER))

    assert receive(raw) == Outcome.UNMATCHED

    assert (Message.objects.get().direction, Message.objects.get().by) == ("in", rita)


def test_an_answer_to_somebody_who_left_reaches_the_leads_owner(rita, ana):
    """What stood in Reply-To lives on in the mail of others; what logs mail does not."""
    gone = UserFactory(is_active=False)
    answer = mime(sender=ana.email, to=logging_address(gone, ANSWER))
    logged = mime(sender=ana.email, to=logging_address(gone), message_id="<2@acme.pt>")

    assert receive(answer) == Outcome.LOGGED
    assert receive(logged) == Outcome.REFUSED
    assert Message.objects.get().lead == ana


def test_a_forged_sender_stops_no_deadline(ana, rita):
    from crm.funnel import handoffs

    handoff = waiting_handoff(rep=rita, lead=ana)
    handoffs.accept(handoff, actor=rita)

    receive(mime(sender="rita@example.com", to="ana@acme.pt"), logging_address(rita, ANSWER))
    handoff.refresh_from_db()
    assert handoff.first_contact_at is None

    sure = mime(sender="rita@example.com", to="ana@acme.pt", message_id="<2@x>")
    receive(sure, logging_address(rita))
    handoff.refresh_from_db()
    assert handoff.first_contact_at is not None


def test_a_token_ends_with_its_users_access(ana, rita):
    rita.is_active = False
    rita.save()

    assert receive(mime(to="ana@acme.pt"), logging_address(rita)) == Outcome.REFUSED


def test_an_answer_from_another_address_joins_its_thread(ana, rita):
    first = MessageFactory(lead=ana, direction="out", by=rita, message_id="<ours@tandem>")
    raw = mime(sender="ana@home.example", In_Reply_To="<ours@tandem>")

    assert receive(raw) == Outcome.LOGGED

    answer = Message.objects.latest("pk")
    assert (answer.lead, answer.thread) == (ana, first.thread)


def test_references_do_as_well(ana):
    MessageFactory(lead=ana, message_id="<ours@tandem>", thread="<root@tandem>")

    receive(mime(sender="x@else.example", References="<root@tandem> <ours@tandem>"))

    assert Message.objects.latest("pk").thread == "<root@tandem>"


def test_an_absence_note_is_marked_and_tells_nobody(ana, rita):
    receive(mime(Auto_Submitted="auto-replied"))

    assert Message.objects.get().automatic
    assert Activity.objects.get().text.startswith("Automatic answer")
    assert not Notification.objects.exists()


def test_loops_are_refused(ana, rita):
    hops = b"".join(b"Received: by hop\r\n" for _ in range(40))

    assert receive(hops + mime()) == Outcome.REFUSED
    assert receive(mime(sender="tandem@example.com")) == Outcome.REFUSED
    assert receive(mime(sender=logging_address(rita))) == Outcome.REFUSED
    assert not Message.objects.exists()


def test_mail_within_the_house_is_not_kept(rita):
    UserFactory(email="ben@example.com")

    assert receive(mime(sender="rita@example.com", to="ben@example.com")) == Outcome.REFUSED


def test_a_copy_of_a_doubtful_mail_proves_that_it_left(ana, rita):
    MessageFactory(lead=ana, by=rita, direction="out", state="unknown", message_id="<m@tandem>")

    assert receive(mime(message_id="<m@tandem>"), logging_address(rita)) == Outcome.KNOWN

    assert Message.objects.get().state == "sent"
    assert Activity.objects.count() == 1


def test_a_machine_that_nobody_knows_is_set_aside(rita):
    receive(mime(sender="news@shop.example", List_Id="<news>"))

    assert Message.objects.get().state == "set_aside"


def test_an_unmatched_thread_is_given_to_its_lead(rita):
    receive(mime(sender="bo@else.example"))
    receive(mime(sender="bo@else.example", message_id="<2@x>", References="<1@acme.pt>"))
    lead = LeadFactory(owner=rita)

    assert incoming.belongs_to(Message.objects.earliest("pk"), lead) == 2
    assert incoming.belongs_to(Message.objects.earliest("pk"), lead) == 0

    assert lead.activities.count() == 2


def test_a_lead_is_made_of_who_wrote(rita):
    receive(mime(sender="Bo Ek <bo@else.example>"))

    lead = incoming.make_lead(Message.objects.get(), actor=rita)

    assert (lead.name, lead.email, lead.owner) == ("Bo Ek", "bo@else.example", rita)
    assert lead.activities.count() == 1


# By webhook -------------------------------------------------------------------------------------


@pytest.fixture
def hand_over(client, settings):
    settings.INBOUND_SECRET = "open sesame"  # noqa: S105

    def post(raw: bytes, query: str = "", secret: str = "open sesame"):  # noqa: S107
        return client.post(
            f"/inbound/mail/{query}", raw, content_type="message/rfc822",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip

    return post


def test_a_mail_server_hands_over_what_it_received(hand_over, ana, rita):
    answer = hand_over(mime(sender="rita@example.com", to="ana@acme.pt"),
                       f"?to={logging_address(rita).replace('+', '%2B')}")  # fmt: skip

    assert (answer.status_code, answer.content) == (202, b"taken\n")
    assert Message.objects.get().by == rita


def test_the_answer_tells_nothing_of_what_became_of_it(hand_over, ana, rita):
    right = hand_over(mime(), "?to=" + logging_address(rita).replace("+", "%2B"))
    wrong = hand_over(mime(message_id="<2@x>"), "?to=log%2B1-abc@in.tandem.example")

    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    assert Message.objects.count() == 1


def test_without_the_secret_there_is_no_such_address(hand_over, settings, ana):
    assert hand_over(mime(), secret="wrong").status_code == 404
    settings.INBOUND_SECRET = ""
    assert hand_over(mime(), secret="").status_code == 404
    assert not Message.objects.exists()


def test_a_mail_over_the_limit_is_refused(hand_over, settings, ana):
    settings.INBOUND_MAX_BYTES = 1000

    assert hand_over(mime(text="x" * 2000)).status_code == 413
    assert hand_over(b"").status_code == 202
    assert not Message.objects.exists()


def test_what_a_provider_received_is_taken_too(ana):
    from anymail.inbound import AnymailInboundMessage
    from anymail.signals import AnymailInboundEvent, inbound

    message = AnymailInboundMessage.parse_raw_mime_bytes(mime())
    event = AnymailInboundEvent(event_type="inbound", message=message)

    inbound.send(sender=object(), event=event, esp_name="Test")
    inbound.send(sender=object(), event=event, esp_name="Test")

    assert Message.objects.get().lead == ana


# Fetched ----------------------------------------------------------------------------------------


def test_each_mail_of_a_folder_is_fetched_once(imap, ana):
    imap.letters = {4: mime(), 9: mime(message_id="<9@acme.pt>")}

    assert (fetching.fetch(), fetching.fetch()) == (2, 0)
    imap.letters[10] = mime(message_id="<10@acme.pt>")
    assert fetching.fetch() == 1

    assert Activity.objects.count() == 3
    assert FetchedFolder.objects.get().last_uid == 10
    assert any("EXAMINE" in line for line in imap.asked)


def test_a_renumbered_folder_is_read_again_and_nothing_logged_twice(imap, ana):
    imap.letters = {4: mime()}
    fetching.fetch()
    imap.validity, imap.letters = 8, {1: mime()}

    assert fetching.fetch() == 1

    assert Activity.objects.count() == 1


def test_a_reply_fetched_and_handed_over_is_logged_once(imap, hand_over, ana):
    hand_over(mime())
    imap.letters = {1: mime()}

    fetching.fetch()

    assert Activity.objects.count() == 1


def test_of_a_huge_mail_the_beginning_is_read(imap, ana, settings):
    settings.INBOUND_MAX_BYTES = 2000
    imap.letters = {1: mime(text="word " * 5000)}

    assert fetching.fetch() == 1
    assert 100 < len(Message.objects.get().text) < 2000


def test_a_broken_mail_does_not_hold_up_the_next(imap, ana):
    imap.letters = {1: b"\xff\xfe\x00garbage", 2: mime()}

    assert fetching.fetch() == 2
    assert Message.objects.filter(lead=ana).count() == 1


def test_a_fetch_that_was_killed_goes_on_where_it_was(imap, ana, monkeypatch):
    imap.letters = {1: mime(), 2: mime(message_id="<2@acme.pt>")}
    receive_all, calls = incoming.receive, []

    def killed(letter, **more):
        calls.append(letter)
        if len(calls) == 2:
            raise OperationalError("killed")
        return receive_all(letter, **more)

    monkeypatch.setattr(incoming, "receive", killed)
    with pytest.raises(OperationalError):
        fetching.fetch()

    assert FetchedFolder.objects.get().last_uid == 1
    assert fetching.fetch() == 1
    assert Activity.objects.count() == 2


def test_a_folder_that_another_reads_is_left_alone(imap, ana):
    imap.letters = {1: mime()}
    server = fetching.Server.of(fetching.settings.INBOUND_IMAP_URL)
    fetching.claim(FetchedFolder.objects.create(name=server.name))

    assert fetching.fetch() == 0


def test_a_server_that_refuses_says_why(imap, settings, db):
    settings.INBOUND_IMAP_URL = settings.INBOUND_IMAP_URL.replace("s3cret", "wrong")

    with pytest.raises(fetching.CannotFetch, match="AUTHENTICATIONFAILED"):
        fetching.fetch()

    folder = FetchedFolder.objects.get()
    assert "AUTHENTICATIONFAILED" in folder.last_error
    assert folder.lease_until is None


def test_without_a_folder_nothing_is_fetched(db):
    assert fetching.fetch() == 0
    assert Lead.objects.count() == 0

"""A message belongs to everybody we know in it, and counts once."""

import pytest

from crm.activities.models import Activity
from crm.activities.timeline import read_page
from crm.correspondence import composing, receiving, sending
from crm.correspondence.addresses import logging_address
from crm.correspondence.incoming import Outcome
from crm.correspondence.models import Message
from crm.notifications.models import Notification
from leads.models import Lead
from tests.correspondence.letters import mime
from tests.factories import LeadFactory, MessageFactory, UserFactory


def receive(raw: bytes, *envelope: str) -> Outcome:
    return receiving.receive(raw, door=receiving.Door.SERVER, envelope=envelope)


@pytest.fixture
def bo(rita):
    return LeadFactory(name="Bo Ek", email="bo@acme.pt", owner=rita)


def titles(lead):
    return [item.title for item in read_page(lead).items if item.icon == "mail"]


def test_who_got_a_copy_has_it_on_the_record_and_it_counts_once(ana, bo):
    receive(mime(Cc="Bo <bo@acme.pt>, nobody@else.example"))

    message = Message.objects.get()
    assert message.lead == ana
    places = message.participants.values_list("lead__name", "place")
    assert set(places) == {("Ana Costa", "from"), ("Bo Ek", "cc")}
    assert Activity.objects.count() == 1
    assert titles(ana) == ["E-mail"] or titles(ana) == ["Email"]
    assert titles(bo) == ["Email with Ana Costa"]


def test_what_we_send_to_two_leads_stands_on_both_records(ana, bo, rita, settings):
    draft = composing.Draft(["ana@acme.pt", "bo@acme.pt"], [], "Offer", "Hello")
    message = composing.queue(ana, draft, by=rita)
    Message.objects.filter(pk=message.pk).update(due_at=message.at)

    assert sending.send_due() == 1

    assert Activity.objects.count() == 1
    assert titles(bo) == ["Email with Ana Costa"]


def test_an_answer_by_another_person_stands_on_that_persons_record(ana, bo, rita):
    first = MessageFactory(lead=ana, direction="out", by=rita, message_id="<ours@tandem>")

    receive(mime(sender="bo@acme.pt", In_Reply_To="<ours@tandem>"))

    answer = Message.objects.latest("pk")
    assert (answer.lead, answer.thread) == (bo, first.thread)
    assert bo.activities.count() == 1
    assert ana.activities.count() == 0
    assert Notification.objects.get().title == "Bo Ek wrote to you"


def test_an_answer_by_another_persons_lead_tells_only_who_may_see_it(ana, rita):
    ben = UserFactory(name="Ben", email="ben@example.com")
    LeadFactory(name="Cy", email="cy@acme.pt", owner=ben)
    MessageFactory(lead=ana, direction="out", by=rita, message_id="<ours@tandem>")

    receive(mime(sender="cy@acme.pt", In_Reply_To="<ours@tandem>"))

    assert [told.user for told in Notification.objects.all()] == [ben]


def test_whoever_sees_one_of_its_leads_reads_the_message(client, ana, rita):
    ben = UserFactory(name="Ben", email="ben@example.com")
    cy = LeadFactory(name="Cy", email="cy@acme.pt", owner=ben)
    receive(mime(Cc="cy@acme.pt"))
    client.force_login(ben)

    page = client.get(Message.objects.get().get_absolute_url())

    assert page.status_code == 200
    assert cy.name in page.content.decode()
    client.force_login(UserFactory(email="eve@example.com"))
    assert client.get(Message.objects.get().get_absolute_url()).status_code == 404


def test_a_strangers_mail_with_a_lead_in_copy_is_the_leads(ana, rita):
    assert receive(mime(sender="x@else.example", Cc="ana@acme.pt")) == Outcome.LOGGED

    assert Message.objects.get().lead == ana


def test_a_label_behind_a_plus_is_the_same_person(ana, bo):
    receive(mime(sender="ana+offers@acme.pt", Cc="bo+crm@acme.pt"))

    message = Message.objects.get()
    assert message.lead == ana
    assert set(message.participants.values_list("lead", flat=True)) == {ana.pk, bo.pk}


def test_many_addresses_are_looked_up_in_a_few_queries(ana, django_assert_max_num_queries):
    raw = mime(Cc=", ".join(f"p{n}@else.example" for n in range(150)))

    with django_assert_max_num_queries(40):
        receive(raw)


# Strangers and the address to log at ----------------------------------------------------------


def test_a_strangers_mail_to_a_log_address_waits_for_its_owner(client, rita):
    address = logging_address(rita)
    raw = mime(sender="Stranger <x@else.example>", to=address)

    assert receive(raw, address) == Outcome.UNMATCHED

    message = Message.objects.get()
    assert (message.direction, message.by, message.state) == ("in", rita, "logged")
    client.force_login(rita)
    page = client.get("/mail/?view=unmatched").content.decode()
    assert message.get_absolute_url() in page
    client.post(f"/mail/{message.pk}/make-lead/")
    assert Lead.objects.get().email == "x@else.example"


def test_a_stranger_who_answers_to_a_visible_log_address_is_no_contact_of_ours(ana, rita):
    address = logging_address(rita)

    receive(mime(sender="x@else.example", to="ana@acme.pt", Cc=address), address)

    assert Message.objects.get().direction == "in"

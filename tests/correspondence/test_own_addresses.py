"""An own address counts once it is confirmed by mail, or set by an administrator."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.utils.timezone import now

from crm.correspondence import composing, incoming, own_addresses, sending
from crm.correspondence.composing import Draft
from crm.correspondence.models import Message, UserMailbox
from crm.correspondence.own_addresses import TAKEN
from crm.correspondence.reading import read
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Role
from tests.factories import LeadFactory, UserFactory

FORM = {"port": "587", "security": "starttls"}
RITAS = "rita@sales.example"


@pytest.fixture
def page(sign_in, rita):
    return sign_in(rita)


def type_in(page, address, **values):
    return page.post("/profile/mail/", {**FORM, **values, "address": address})


def mailed_path(to=RITAS):
    text = Mail.objects.filter(to=to).latest("pk").text
    return re.search(r"/profile/mail/confirm/\S+/", text)[0]


def letter(sender, to):
    return read(f"From: {sender}\r\nTo: {to}\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n".encode())


def test_a_typed_address_does_not_count_until_the_mailed_link_is_confirmed(page, rita, ana):
    type_in(page, RITAS)
    incoming.receive(letter("stranger@else.example", RITAS))

    assert Message.objects.get().by is None
    assert incoming.colleagues([RITAS]) == {}
    assert page.get(mailed_path()).status_code == 200
    assert incoming.colleagues([RITAS]) == {}

    page.post(mailed_path())

    assert incoming.colleagues([RITAS]) == {RITAS: rita}
    assert composing.queue(ana, Draft(["a@b.pt"], [], "s", "t"), by=rita).sender == RITAS


def test_the_link_works_once_and_only_for_who_asked(page, sign_in, rita):
    type_in(page, RITAS)
    path = mailed_path()

    assert sign_in(UserFactory()).post(path).status_code == 410
    assert UserMailbox.objects.get().address == ""

    page.post(path)
    assert page.get(path).status_code == 410
    assert page.post(path).status_code == 410


def test_the_link_ends_after_three_days_and_with_the_next_mail(page, rita):
    type_in(page, RITAS)
    first = mailed_path()
    page.post("/profile/mail/ask/")
    second = mailed_path()

    assert page.post(first).status_code == 410
    with time_machine.travel(now() + timedelta(days=3, minutes=1), tick=False):
        assert own_addresses.waiting_for(second.split("/")[-2], rita) is None
    assert UserMailbox.objects.get().address == ""


@pytest.mark.parametrize(
    "claimed",
    [
        "bob@example.com",
        "bob@own.example",
        "lead@acme.pt",
        "tandem@example.com",
        "shared@example.com",
        "x@in.tandem.example",
    ],
)
def test_nobody_claims_what_is_anothers_or_shared(page, rita, settings, claimed):
    settings.INBOUND_IMAP_URL = "imaps://shared%40example.com:pw@imap.example.com/INBOX"
    UserMailbox.objects.create(user=UserFactory(email="bob@example.com"), address="bob@own.example")
    LeadFactory(email="lead@acme.pt", owner=UserFactory())

    answer = type_in(page, claimed)

    assert answer.status_code == 422
    assert answer.context["form"].errors["address"] == [TAKEN]
    assert not UserMailbox.objects.filter(user=rita).exists()
    assert not Mail.objects.exists()


def test_an_address_that_became_anothers_meanwhile_is_not_confirmed(page, rita):
    type_in(page, RITAS)
    UserMailbox.objects.create(user=UserFactory(), address=RITAS)

    assert page.post(mailed_path()).status_code == 410
    assert UserMailbox.objects.get(user=rita).address == ""


def test_the_log_ins_own_address_counts_at_once(page, rita):
    type_in(page, "Rita@Example.com")

    assert UserMailbox.objects.get().address == "rita@example.com"
    assert not Mail.objects.exists()


def test_one_address_gets_at_most_five_such_mails_a_day(page, rita):
    for _ in range(8):
        type_in(page, RITAS)

    assert Mail.objects.filter(to=RITAS).count() == own_addresses.MAILS_A_DAY


def test_the_confirmed_address_counts_until_another_is_confirmed(page, rita):
    UserMailbox.objects.create(user=rita, address=RITAS, confirmed_at=now())

    type_in(page, "rita@new.example")

    box = UserMailbox.objects.get()
    assert (box.address, box.pending_address) == (RITAS, "rita@new.example")


def test_an_administrator_sets_an_address_and_it_stands_in_the_audit(sign_in, rita, page):
    admin = sign_in(role=Role.ADMIN)

    admin.post(f"/settings/mail-addresses/{rita.pk}/", {"address": RITAS})

    assert incoming.colleagues([RITAS]) == {RITAS: rita}
    assert RITAS in admin.get("/settings/mail-addresses/").content.decode()
    assert "Mail address of Rita" in admin.get("/audit/").content.decode()
    refused = admin.post(f"/settings/mail-addresses/{UserFactory().pk}/", {"address": RITAS})
    assert refused.status_code == 422
    assert page.get("/settings/mail-addresses/").status_code == 403


def test_an_own_server_sends_only_for_an_address_that_counts(ana, rita, smtp):
    box, port = smtp
    UserMailbox.objects.create(
        user=rita, pending_address=RITAS, host="127.0.0.1", port=port, security="none"
    )
    message = composing.queue(ana, Draft(["ana@acme.pt"], [], "s", "t"), by=rita)
    Message.objects.update(due_at=now())

    sending.send_due()

    assert box.letters == []
    assert message.sender == "rita@example.com"
    assert Mail.objects.get().headers["From"] == "Rita Reyes <tandem@example.com>"


def test_a_switched_off_user_gets_no_mail_by_their_address(rita):
    UserMailbox.objects.create(user=UserFactory(is_active=False), address=RITAS)

    assert incoming.colleagues([RITAS]) == {}


def test_the_migration_lets_addresses_from_before_wait_and_says_so(rita):
    migration = import_module("crm.correspondence.migrations.0003_confirmed_addresses")
    UserMailbox.objects.create(user=rita, address="rita@example.com")
    claimed = UserMailbox.objects.create(user=UserFactory(), address="Ceo@Acme.pt")

    migration.let_claims_wait(apps, None)

    claimed.refresh_from_db()
    assert (claimed.address, claimed.pending_address) == ("", "ceo@acme.pt")
    assert Notification.objects.get().user == claimed.user
    assert UserMailbox.objects.get(user=rita).address == "rita@example.com"


def test_the_list_of_addresses_asks_as_much_for_thirty_as_for_five(
    sign_in, rita, django_assert_max_num_queries
):
    admin = sign_in(role=Role.ADMIN)
    for number in range(30):
        UserMailbox.objects.create(user=UserFactory(), address=f"u{number}@own.example")

    with django_assert_max_num_queries(12):
        assert admin.get("/settings/mail-addresses/").status_code == 200

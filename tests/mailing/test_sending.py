import asyncio
import re
import socket
from datetime import timedelta
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from django.utils.timezone import now

from crm.mailing import services
from crm.mailing.models import Mail
from crm.users.models import Role

pytestmark = pytest.mark.django_db


class Inbox:
    """An SMTP server that keeps what it gets, and answers with `reply` while that is set."""

    def __init__(self) -> None:
        self.messages: list = []
        self.reply = ""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(0)
        if self.reply:
            return self.reply
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def inbox(settings):
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL_KEPT = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield handler
    controller.stop()


def queue(key="hello") -> bool:
    return services.send(
        key=key,
        to="ana@example.com",
        subject="Hello\nAna",
        template="notification",
        context={"title": "Hello", "body": "There is news.", "path": "/handoff/"},
    )


def test_a_mail_leaves_once_with_a_message_id_of_its_own(inbox):
    queue()
    queue()

    services.send_due()
    services.send_due()

    (message,) = inbox.messages
    assert message["Message-ID"] == services.message_id_of(Mail.objects.get())
    assert re.fullmatch(r"<[0-9a-f]{32}@localhost>", message["Message-ID"])
    assert inbox.messages[0]["Subject"] == "Hello Ana"
    assert Mail.objects.get().state == Mail.State.SENT


def test_a_refusal_for_now_is_tried_again(inbox):
    queue()
    inbox.reply = "451 try again later"
    services.send_due()
    assert Mail.objects.get().state == Mail.State.QUEUED

    inbox.reply = ""
    Mail.objects.update(due_at=now() - timedelta(seconds=1))
    services.send_due()

    assert len(inbox.messages) == 1


def test_after_eight_refusals_the_mail_has_failed_and_says_why(inbox):
    queue()
    inbox.reply = "550 no such user"
    for _ in range(9):
        services.send_due()
        Mail.objects.update(due_at=now() - timedelta(seconds=1))

    mail = Mail.objects.get()
    assert (mail.state, mail.attempts) == (Mail.State.FAILED, 8)
    assert "550" in mail.last_error


def test_a_notice_found_half_sent_is_sent_again(inbox):
    queue()
    Mail.objects.update(state=Mail.State.SENDING, lease_until=now() - timedelta(seconds=1))

    services.send_due()

    assert len(inbox.messages) == 1


def test_a_mail_that_kills_its_sender_each_time_has_failed(inbox):
    queue()
    Mail.objects.update(
        state=Mail.State.SENDING,
        lease_until=now() - timedelta(seconds=1),
        attempts=services.MAX_ATTEMPTS,
    )

    services.send_due()

    assert inbox.messages == []
    assert Mail.objects.get().state == Mail.State.FAILED


def test_a_mail_that_another_sender_holds_is_left_alone(inbox):
    queue()
    Mail.objects.update(state=Mail.State.SENDING, lease_until=now() + timedelta(minutes=1))

    assert services.send_due() == 0


def test_without_a_server_mail_is_kept_and_read_on_a_page(settings, organisation, sign_in):
    settings.MAIL_KEPT = True
    queue()
    services.send_due()
    admin = sign_in(role=Role.ADMIN)

    assert "Hello Ana" in admin.get("/mailbox/").content.decode()
    frame = admin.get(f"/mailbox/{Mail.objects.get().pk}/html/")
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "script-src" not in frame["Content-Security-Policy"]
    assert "img-src 'self' https: http: data:" in frame["Content-Security-Policy"]


@pytest.fixture
def given_up(inbox):
    """A mail that the server refused eight times, for a reason that has passed since."""
    queue()
    Mail.objects.update(state=Mail.State.FAILED, attempts=8, last_error="550 mailbox closed")
    return Mail.objects.get()


def test_failed_mail_is_told_on_the_system_page_and_sent_again(
    inbox, given_up, organisation, sign_in
):
    admin = sign_in(role=Role.ADMIN)
    told = admin.get("/system/").content.decode()
    listed = admin.get("/mailbox/?view=failed").content.decode()

    admin.post(f"/mailbox/{given_up.pk}/retry/")
    services.send_due()

    assert "1 mail failed" in told
    assert "550 mailbox closed" in listed
    assert len(inbox.messages) == 1
    assert "1 mail failed" not in admin.get("/system/").content.decode()


def test_all_failed_mail_is_sent_again_and_what_has_left_is_not(
    inbox, given_up, organisation, sign_in
):
    queue("second")
    services.send_due()

    sign_in(role=Role.ADMIN).post("/mailbox/retry/")
    services.send_due()

    left = sorted(message["Message-ID"] for message in inbox.messages)
    assert left == sorted(services.message_id_of(mail) for mail in Mail.objects.all())
    assert len(set(left)) == 2


def test_system_page_offers_the_mailbox_only_to_who_may_open_it(organisation, sign_in):
    assert b"/mailbox/" in sign_in(role=Role.ADMIN).get("/system/").content
    assert b"/mailbox/" not in sign_in(role=Role.SALES_MANAGER).get("/system/").content

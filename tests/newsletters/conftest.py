"""A real SMTP server, leads that agreed to mail, and a newsletter to them."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from campaigns.newsletters.models import Content
from campaigns.newsletters.services import keep_content
from leads.models import Lead
from tests.factories import LeadFactory


class Inbox:
    """An SMTP server that keeps what it gets.

    answers: address to what RCPT is answered; reply: what DATA is answered
    during: called with each message's recipient, before the answer
    hangs_up: after that many messages of a connection, without an answer
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.senders: list[str] = []
        self.answers: dict[str, str] = {}
        self.reply = ""
        self.during: Callable[[str], None] = lambda address: None

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.get_running_loop().run_in_executor(None, self.during, envelope.rcpt_tos[0])
        if self.reply == "cut":
            server.transport.abort()
            return "421 gone"
        if self.reply:
            return self.reply
        self.messages.append(message_from_bytes(envelope.content))
        self.senders.append(envelope.mail_from)
        return "250 OK"

    @property
    def recipients(self) -> list[str]:
        return [str(message["To"]) for message in self.messages]


@pytest.fixture
def inbox(settings: Any) -> Iterator[Inbox]:
    handler = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL_KEPT = False
    settings.EMAIL_BACKEND = "crm.mailing.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield handler
    controller.stop()


BLOCKS = [
    {"kind": "heading", "text": "Hello {{ first_name | there }}"},
    {"kind": "text", "text": "News for **{{ company }}**: [read it](https://example.com/news?a=1)"},
    {"kind": "button", "text": "See the plan", "url": "https://example.com/plan"},
]


@pytest.fixture
def content(organisation: Any) -> Content:
    return keep_content(subject="News for {{ first_name }}", blocks=BLOCKS, preheader="In short")


def reader(**values: Any) -> Lead:
    """Return a lead that agreed to get marketing mail."""
    return LeadFactory(**{"consent": True, "consent_source": "Form", **values})

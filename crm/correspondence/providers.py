"""Mail that a provider received for us and posts to its webhook, through django-anymail."""

from typing import Any

from anymail.signals import AnymailInboundEvent

from crm.correspondence import incoming
from crm.correspondence.reading import read


def take_mail(sender: Any, event: AnymailInboundEvent, esp_name: str, **more: Any) -> None:
    """Take one message from a provider; an error here makes the provider send it again."""
    recipient = event.message.envelope_recipient
    incoming.receive(read(event.message.as_bytes()), envelope=[recipient] if recipient else [])

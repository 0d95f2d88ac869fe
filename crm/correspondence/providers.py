"""Mail that a provider received for us and posts to its webhook, through django-anymail."""

from typing import Any

from anymail.signals import AnymailInboundEvent

from crm.correspondence import arrivals


def take_mail(sender: Any, event: AnymailInboundEvent, esp_name: str, **more: Any) -> None:
    """Take one message from a provider; an error here makes the provider send it again."""
    recipient = event.message.envelope_recipient
    arrivals.take(event.message.as_bytes(), envelope=[recipient] if recipient else [])

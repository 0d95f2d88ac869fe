"""Mail that a provider received for us and posts to its webhook, through django-anymail."""

from typing import Any

from anymail.signals import AnymailInboundEvent

from crm.correspondence import receiving


def take_mail(sender: Any, event: AnymailInboundEvent, esp_name: str, **more: Any) -> None:
    """Take one message from a provider; an error here makes the provider send it again.

    Its headers are taken as they came: folding them anew takes the square of long ones.
    """
    recipient = event.message.envelope_recipient
    as_it_came = event.message.policy.clone(refold_source="none")
    receiving.receive(
        event.message.as_bytes(policy=as_it_came),
        door=receiving.Door.PROVIDER,
        envelope=[recipient] if recipient else [],
    )

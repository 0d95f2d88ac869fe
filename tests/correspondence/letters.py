"""Messages as they come over the wire."""

from email.message import EmailMessage


def mime(
    *,
    sender: str = "Ana Costa <ana@acme.pt>",
    to: str = "rita@example.com",
    subject: str = "Your offer",
    text: str = "How soon could we begin?",
    message_id: str = "<1@acme.pt>",
    **headers: str,
) -> bytes:
    """Return a message as bytes; headers: `In_Reply_To="<…>"`, `Auto_Submitted="auto-replied"`."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message["Message-ID"] = message_id
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0100"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()

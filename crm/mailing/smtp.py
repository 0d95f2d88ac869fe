"""SMTP as Django speaks it, and one thing more: whether a message got as far as its content."""

import smtplib
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend


class Noting:
    """Remembers that the content of a message was begun: what fails later may have arrived."""

    reached_content = False

    def data(self, message: Any) -> Any:
        self.reached_content = True
        return super().data(message)  # type: ignore[misc]


class Smtp(Noting, smtplib.SMTP):
    pass


class SmtpOverTls(Noting, smtplib.SMTP_SSL):
    pass


class EmailBackend(DjangoBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return SmtpOverTls if self.use_ssl else Smtp

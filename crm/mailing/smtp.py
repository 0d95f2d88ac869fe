"""SMTP as Django speaks it, and one thing more: whether a message got as far as its content."""

import smtplib
import socket
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoBackend

from crm.common import outgoing


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


class GuardedSmtp(Smtp):
    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return outgoing.connect(host, port, outgoing.Kind.MAIL, timeout=timeout)


class GuardedSmtpOverTls(SmtpOverTls):
    context: Any
    _host: str

    def _get_socket(self, host: str, port: int, timeout: Any) -> Any:
        plain = outgoing.connect(host, port, outgoing.Kind.MAIL, timeout=timeout)
        return self.context.wrap_socket(plain, server_hostname=self._host)


class GuardedEmailBackend(EmailBackend):
    """To a server that a user typed: only where crm.common.outgoing lets it."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return GuardedSmtpOverTls if self.use_ssl else GuardedSmtp

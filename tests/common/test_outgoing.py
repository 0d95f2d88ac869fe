"""The guard of connections to hosts that a user typed, with real sockets on loopback."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from crm.common import outgoing
from crm.common.outgoing import ConnectionRefused, Kind, connect, may_connect
from crm.mailing.smtp import GuardedEmailBackend


class Listener:
    """A server on loopback that greets, and counts who came."""

    def __init__(self, greeting: bytes) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.greeting, self.calls = greeting, 0
        Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                caller, _ = self.server.accept()
            except OSError:
                return
            self.calls += 1
            caller.sendall(self.greeting)
            caller.close()


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    found = Listener(b"SSH-2.0-OpenSSH_9.2 secret banner\r\n")
    settings.CONNECT_MAIL_PORTS = [found.port]
    yield found
    found.server.close()


def reach(host: str, port: int) -> socket.socket:
    return connect(host, port, Kind.MAIL, timeout=2)


LOOPBACK = ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "0.0.0.0"]  # noqa: S104


@pytest.mark.parametrize("host", [*LOOPBACK, "::ffff:127.0.0.1"])
def test_loopback_is_not_reached_however_it_is_written(listener: Listener, host: str):
    with pytest.raises(OSError):  # noqa: PT011 - a resolver may refuse odd writings itself
        reach(host, listener.port)

    assert listener.calls == 0


def test_a_listed_network_is_reached(listener: Listener, settings: Any):
    settings.CONNECT_NETWORKS = ["127.0.0.0/8"]

    with reach("localhost", listener.port) as found:
        assert found.recv(3) == b"SSH"


def test_a_port_of_another_kind_is_refused_before_the_name_is_looked_up(settings: Any, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: pytest.fail("looked up"))
    settings.CONNECT_NETWORKS = ["127.0.0.0/8"]

    for port in (22, 80, 443, 5432, 6379, 0, 70000):
        with pytest.raises(ConnectionRefused):
            connect("localhost", port, Kind.MAIL, timeout=1)
    with pytest.raises(ConnectionRefused):
        connect("localhost", 25, Kind.WEB, timeout=1)


def test_a_name_that_turns_to_loopback_after_the_check_gains_nothing(
    listener: Listener, monkeypatch
):
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    tried: list[Any] = []

    def rebinding(host: str, port: int, **how: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def refuse(self: socket.socket, target: Any) -> None:
        tried.append(target[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(OSError):  # noqa: PT011
        reach("rebind.example", listener.port)

    assert tried == ["93.184.216.34"]
    with pytest.raises(ConnectionRefused):
        reach("rebind.example", listener.port)
    assert tried == ["93.184.216.34"]


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",  # noqa: S104
        "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "192.0.2.1",
    ],
)  # fmt: skip
def test_addresses_that_are_nobodys_business(address: str):
    assert not may_connect(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses(address: str):
    assert may_connect(address)


def test_only_what_is_listed_opens(settings: Any):
    settings.CONNECT_NETWORKS = ["10.1.0.0/16", "::1/128"]

    assert may_connect("10.1.2.3")
    assert may_connect("::1")
    assert not may_connect("10.2.0.1")
    assert not may_connect("127.0.0.1")


@pytest.mark.parametrize("tls", [True, False])
def test_mail_goes_through_the_guard(listener: Listener, tls: bool, settings: Any):
    backend = GuardedEmailBackend(host="127.0.0.1", port=listener.port, use_ssl=tls, timeout=2)

    with pytest.raises(ConnectionRefused):
        backend.open()
    assert listener.calls == 0

    settings.CONNECT_NETWORKS = ["127.0.0.0/8"]
    with pytest.raises((smtplib.SMTPException, ssl.SSLError)):
        backend.open()
    assert listener.calls == 1


def test_an_odd_name_is_refused_and_not_an_error(listener: Listener):
    for host in ("a" * 300, "..", "x" * 64 + ".example", "\x00"):
        with pytest.raises((OSError, ValueError)):
            reach(host, listener.port)


def test_ports_by_kind():
    assert outgoing.ports_of(Kind.MAIL) == [25, 465, 587, 143, 993]
    assert outgoing.ports_of(Kind.WEB) == [443]

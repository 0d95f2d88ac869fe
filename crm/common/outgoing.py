"""Connections to hosts that a user typed: one guard for all of them.

A user may name any host, so the server could be made to ask its own neighbours. The address is
checked where the connection is made, after the name was resolved and without resolving it again: a
name that answers differently the second time gains nothing.

Hosts that the administrator sets in the environment are the administrator's own matter.
"""

import socket
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

Address = IPv4Address | IPv6Address
TRANSLATED = ip_network("64:ff9b::/96")
"""NAT64: an IPv4 address stands in the last 32 bits."""


class Kind(Enum):
    """What a connection is for; each kind has its ports."""

    MAIL = "mail"
    WEB = "web"


class ConnectionRefused(OSError):
    """The guard does not let this connection be made."""


def ports_of(kind: Kind) -> list[int]:
    """Return the ports that connections of `kind` may go to."""
    return list(settings.CONNECT_MAIL_PORTS if kind is Kind.MAIL else settings.CONNECT_WEB_PORTS)


def connect(host: str, port: int, kind: Kind, *, timeout: float) -> socket.socket:
    """Return a TCP connection to `host`, a name or an address as a user typed it.

    timeout: seconds for each address that is tried, and afterwards for each read and write

    Raises ConnectionRefused for a port or an address that is not allowed, OSError for a host that
    is unknown or does not answer.
    """
    if port not in ports_of(kind):
        raise ConnectionRefused(f"Port {port} is not one of {ports_of(kind)}.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label of a name is empty or too long
        raise ConnectionRefused(f"{host!r} is no name of a host.") from error
    problem: OSError = ConnectionRefused(f"{host} has no address.")
    for family, kind_of_socket, protocol, _, target in found:
        if not may_connect(str(target[0])):
            problem = ConnectionRefused(f"{host} is {target[0]}, a private address.")
            continue
        connection = socket.socket(family, kind_of_socket, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(target)
        except OSError as error:
            connection.close()
            problem = error
            continue
        return connection
    raise problem


def may_connect(address: str) -> bool:
    """True for a public address, and for one in a network that the administrator has listed."""
    found = plain(ip_address(address.partition("%")[0]))
    listed = (ip_network(network, strict=False) for network in settings.CONNECT_NETWORKS)
    if any(found in network for network in listed):
        return True
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    teredo = address.teredo[1] if address.teredo else None
    inner = address.ipv4_mapped or address.sixtofour or teredo
    if address in TRANSLATED:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address

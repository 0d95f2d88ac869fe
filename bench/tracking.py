"""How many page views a second the web server takes, and how fast they are counted then."""

import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.server import serving
from crm.tracking.counting import count_waiting
from crm.tracking.models import PageView

CLIENTS = 8
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"


@dataclass(frozen=True)
class Rates:
    """Page views a second: taken by the web server, and counted by one worker. And how many."""

    taken: float
    counted: float
    views: int
    lost: int


def measure(seconds: float = 8) -> Rates:
    """Let eight clients report page views for some time; then count all that was taken."""
    before = PageView.objects.count()
    with serving() as address:
        answered = [0] * CLIENTS
        until = time.monotonic() + seconds
        clients = [
            threading.Thread(target=report, args=(address, until, answered, number))
            for number in range(CLIENTS)
        ]
        began = time.monotonic()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        took = time.monotonic() - began
    began = time.monotonic()
    while count_waiting():
        pass
    counting = time.monotonic() - began
    views, taken = PageView.objects.count() - before, sum(answered)
    return Rates(taken / took, views / counting, taken, taken - views)


def report(address: str, until: float, answered: list[int], number: int) -> None:
    """Report one page view after the other, each over a connection of its own."""
    where = urlsplit(address)
    visitor = uuid.uuid4().hex
    body = json.dumps({"v": visitor, "u": "https://www.example.com/pricing", "t": "Pricing"})
    head = (
        f"POST /t HTTP/1.1\r\nHost: {where.netloc}\r\nUser-Agent: {AGENT}\r\n"
        f"Accept-Language: en\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    message = (head + body).encode()
    assert where.hostname
    assert where.port
    while time.monotonic() < until:
        with socket.create_connection((where.hostname, where.port)) as connection:
            connection.sendall(message)
            if b" 204 " in connection.recv(200):
                answered[number] += 1

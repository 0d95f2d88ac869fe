"""Reading a message takes time that grows as its bytes do, whatever it repeats."""

from itertools import product
from random import Random
from time import process_time

import pytest

from crm.correspondence.reading import read, spoken

TOKENS = [
    b"a", b" ", b"\n", b"\r\n ", b"\t", b",", b";", b";a=b", b'"', b"\\", b"(", b")", b"<", b">",
    b"<a@b.example>", b"a@b.example, ", b"@", b":", b".", b"=", b"==", b"=?utf-8?q?=C3=A9?= ",
    b"=?utf-8?b?w6k", b"?=", b"--b\n", b"--b\nContent-Type: text/plain\n\n", b"-", b"> x\n",
    b"On 3 Nov 2026, a@b.example wrote:\n", b"From: x\nSent: y\n", b"________________________\n",
    b"<div>", b"<a href=x><b><p>", b"<blockquote>", b"<table><a>", b"&lt;", b"<!--", b"\xff",
    b"\xc3\xa9", b"\x1b$B+",
]  # fmt: skip
HEADERS = [
    b"From", b"To", b"Cc", b"Subject", b"Received", b"References", b"Message-ID", b"Date",
    b"Content-Type", b"Content-Disposition", b"Content-Transfer-Encoding", b"X-Other",
]  # fmt: skip
KINDS = [
    b"text/plain", b"text/plain; charset=utf-7", b"text/plain; charset=punycode",
    b"text/plain; charset=iso-2022-jp", b"text/plain; charset=gb2312", b"text/html",
    b"text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable",
    b"text/plain\nContent-Transfer-Encoding: base64", b"multipart/mixed; boundary=b",
    b"multipart/alternative; boundary=b", b"message/rfc822", b"text/calendar",
]  # fmt: skip
PLACES = [*HEADERS, *KINDS]
SMALLEST, DOUBLINGS, MOST, TRIES = 4_000, 3, 2.5, 25
TOO_SHORT = 0.004
"""Seconds below which a measure says nothing on a busy machine."""


def message(token: bytes, place: bytes, size: int) -> bytes:
    repeated = (token * (size // len(token) + 1))[:size]
    if place in HEADERS:
        return b"X: y\n" + place + b": " + repeated + b"\n\nHello"
    begin = b"From: ana@acme.example\nSubject: Hello\nContent-Type: " + place + b"\n\n"
    return (
        begin + (b"--b\nContent-Type: text/plain\n\n" if b"boundary" in place else b"") + repeated
    )


def seconds(raw: bytes) -> float:
    begin = process_time()
    spoken(read(raw).text)
    return process_time() - begin


def growth(token: bytes, place: bytes) -> list[float]:
    """Return how much longer each doubling took, the best of several tries."""
    raws = [message(token, place, SMALLEST * 2**step) for step in range(DOUBLINGS + 1)]
    best = [seconds(raw) for raw in raws]
    for _ in range(TRIES):
        found = [
            after / max(before, TOO_SHORT / 2)
            for before, after in zip(best, best[1:], strict=False)
        ]
        if max(found) <= MOST:
            break
        best = [min(known, seconds(raw)) for known, raw in zip(best, raws, strict=True)]
    return found


def test_reading_takes_no_more_than_in_proportion_to_the_bytes():
    pairs = Random(11).sample(list(product(TOKENS, PLACES)), 200)

    slow = {pair: found for pair in pairs if max(found := growth(*pair)) > MOST}

    assert slow == {}


@pytest.mark.parametrize(
    "header",
    [
        b"Cc: " + b"Ana <ana@acme.example>, " * 20_000,
        b"Content-Type: text/plain" + b"; a=b" * 20_000,
        b"Content-Type: text/plain" + b"; a*0*=b" * 20_000,
        b"Received: by hop\n" * 60_000 + b"X: y",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 100_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
                 for i in range(20_000)),
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
        b"Content-Type: text/html\n\n" + b"<table><a><b>" * 80_000,
        b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 200_000,
        b"\n" * 1_000_000,
    ],
    ids=["addresses", "parameters", "pieces of parameters", "hops", "parts", "nested parts",
         "nested messages", "nested HTML", "wrong HTML", "punycode", "empty lines"],
)  # fmt: skip
def test_a_megabyte_of_anything_is_read_within_a_second_or_two(header):
    raw = b"From: ana@acme.example\nSubject: Hello\n" + header + b"\n\nHello"

    assert seconds(raw) < 3

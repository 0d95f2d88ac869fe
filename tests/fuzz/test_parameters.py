"""No parameter of any address, whoever sends it, makes the server fail.

Every address first answers a request for a real object; its view says meanwhile which parameters it
reads. Then each of them is given values that nobody sends by accident, as every role and as nobody.
`make fuzz` takes all values. The suite takes some for each parameter, as a role that may by turns,
and all parameters at once for every role: other ones by another FUZZ_SEED.
"""

import logging
import os
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from crm.users.models import Role
from tests.fuzz.hostile import PATHS, VALUES
from tests.fuzz.recording import Names, recording
from tests.matrix import book
from tests.matrix.base import Row
from tests.matrix.objects import Cast, Subject
from tests.test_permissions import GONE, answer, is_done, undone
from tests.test_permissions import cast as cast
from tests.test_permissions import sessions as sessions

FULL = os.environ.get("FUZZ_FULL") == "1"
SEED = os.environ.get("FUZZ_SEED", "1")
EACH, OTHERS, PLACES = (len(VALUES), 8, len(PATHS)) if FULL else (2, 1, 2)
"""Values for each parameter by itself; for all at once, of each caller; for a part of the path."""
LEAST = 0.98
PARTS = 12
CALLERS: tuple[Role | None, ...] = (None, *Role)
ROWS, URLS = book.rows(), book.urls()
COMPANIONS: dict[str, str] = {"period": "custom"}
"""What makes a view read on: with a period of its own it asks for its days."""
pytestmark = pytest.mark.fuzz
Caller = Role | None


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: thousands of refusals are what is wanted here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def methods(row: Row) -> list[str]:
    return [name for name, roles in (("GET", row.get), ("POST", row.post)) if roles is not None]


class Attack:
    """The hostile calls of one route and method."""

    def __init__(self, row: Row, method: str, cast: Cast, sessions: dict[Role, str]) -> None:
        self.row, self.method, self.cast, self.sessions = row, method, cast, sessions
        self.names = Names()
        self.client = Client()
        self.random = random.Random(f"{SEED} {row.name} {method}")
        self.wrong: list[str] = []
        self.covered: set[Caller] = set()
        """who was tried, after the route had answered a harmless request well"""
        self.calls = 0
        self.last = ""

    @property
    def may(self) -> list[Role]:
        return [
            role
            for role in Role
            if role in ((self.row.get if self.method == "GET" else self.row.post) or ())
        ]

    def subject(self, role: Caller) -> Subject:
        if not self.row.obj:
            return Subject(())
        return self.cast.subject(self.row.obj, "own", role or Role.ADMIN)

    def args(self, subject: Subject) -> list[Any]:
        rest = [value(subject.row) if callable(value) else value for value in self.row.args]
        return [*subject.args, *rest]

    def data(self, subject: Subject) -> dict[str, Any]:
        return self.row.filled(self.row.data, subject.row)

    def query(self, subject: Subject) -> dict[str, Any]:
        return self.row.filled(self.row.query, subject.row)

    def run(self) -> None:
        first = self.may[-1] if Role.ADMIN not in self.may else Role.ADMIN
        good = self.answers_well(first)
        self.each_parameter()
        self.each_place(first)
        for caller in CALLERS:
            self.all_parameters(caller)
            if good:
                self.covered.add(caller)

    def answers_well(self, role: Role) -> bool:
        subject = self.subject(role)
        path, query, data = self.path(subject), self.query(subject), self.data(subject)
        status, where = self.call(role, path, query, data)
        self.last = f"{status} {where}"
        return status == 404 if self.row.name in GONE else is_done(status, where)

    def path(self, subject: Subject) -> str:
        return reverse(self.row.name, args=self.args(subject))

    def each_parameter(self) -> None:
        """Give each parameter hostile values in turn; what is read only then gets its turn too."""
        done: set[tuple[str, str]] = set()
        while left := self.read() - done:
            for where, name in sorted(left):
                done.add((where, name))
                for value in self.random.sample(VALUES, EACH):
                    role = self.random.choice(self.may)
                    subject = self.subject(role)
                    query = self.query(subject) | self.companions(name)
                    sent = self.data(subject)
                    (query if where == "GET" else sent)[name] = value
                    self.attack(role, self.path(subject), query, sent)

    def read(self) -> set[tuple[str, str]]:
        """Return the parameters that the view is known to read by now."""
        return {("GET", n) for n in self.names.get} | {("POST", n) for n in self.names.post}

    def companions(self, name: str) -> dict[str, str]:
        return {k: v for k, v in COMPANIONS.items() if k in self.names.get and k != name}

    def each_place(self, role: Role) -> None:
        """Put hostile values into each variable part of the path."""
        subject = self.subject(role)
        path, query = self.path(subject), self.query(subject)
        parts = path.split("/")
        for value in map(str, self.args(subject)):
            places = [n for n, part in enumerate(parts) if part == quote(value)]
            for place in places[-1:]:
                for bad in self.random.sample(PATHS, PLACES):
                    hostile = "/".join([*parts[:place], bad, *parts[place + 1 :]])
                    self.attack(role, hostile, query, self.data(subject))

    def all_parameters(self, caller: Caller) -> None:
        """Send all parameters at once, each with a hostile value."""
        subject = self.subject(caller)
        path = self.path(subject)
        for _ in range(OTHERS):
            query = {name: self.random.choice(VALUES) for name in sorted(self.names.get)}
            sent = {name: self.random.choice(VALUES) for name in sorted(self.names.post)}
            self.attack(caller, path, query, self.data(subject) | sent)

    def attack(
        self, caller: Caller, path: str, query: dict[str, Any], data: dict[str, Any]
    ) -> None:
        status, why = self.call(caller, path, query, data)
        if status >= 500:
            sent = {k: v for k, v in data.items() if v != self.row.data.get(k)}
            call = f"{self.method} {caller} {path[:100]} {short(query)} {short(sent)}"
            self.wrong.append(f"{call}: {status} {why[:300]}")

    def call(
        self, caller: Caller, path: str, query: dict[str, Any], data: dict[str, Any]
    ) -> tuple[int, str]:
        self.client.cookies.clear()
        if caller:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[caller]
        self.calls += 1
        url = f"{path}?{urlencode(query, doseq=True)}" if query else path
        with undone(), recording(self.names):
            if self.method == "GET":
                return answer(self.client.get, url)
            return answer(self.client.post, url, data)


def short(sent: dict[str, Any]) -> str:
    return "&".join(f"{name}={str(value)[:40]!r}" for name, value in sent.items())


CASES = [(name, method) for name in sorted(set(ROWS) & set(URLS)) for method in methods(ROWS[name])]


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_hostile_values_are_refused_or_ignored(part, cast, sessions, record_property):
    cases = CASES[part::PARTS]
    attacks = [Attack(ROWS[name], method, cast, sessions) for name, method in cases]
    for attack in attacks:
        attack.run()

    covered = sum(len(attack.covered) for attack in attacks)
    record_property("fuzz", (covered, len(cases) * len(CALLERS), sum(a.calls for a in attacks)))
    assert not [words for attack in attacks for words in attack.wrong]
    bare = {(a.row.name, a.method): a.last for a in attacks if not a.covered}
    assert not bare, "give these rows of tests/matrix/ an object and data with a good answer"
    assert covered >= LEAST * len(cases) * len(CALLERS)


def test_every_route_and_method_of_the_matrix_is_tried():
    assert {name for name, _ in CASES} == {name for name in URLS if methods(ROWS[name])}
    assert len(CASES) > 500

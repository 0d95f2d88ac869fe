"""No parameter of any address, whoever sends it, makes the server fail.

Every address first answers a request for a real object; its view says meanwhile which parameters it
reads. Then each of them is given values that nobody sends by accident, as every role and as nobody.
`make fuzz` takes all values; without FUZZ_FULL=1 a part of them, the same in each run.
"""

import os
import random
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
from tests.test_permissions import GONE, answer, undone
from tests.test_permissions import cast as cast
from tests.test_permissions import sessions as sessions

FULL = os.environ.get("FUZZ_FULL") == "1"
SEED = os.environ.get("FUZZ_SEED", "1")
EACH, OTHERS, PLACES = (len(VALUES), 8, len(PATHS)) if FULL else (2, 1, 2)
"""Values for each parameter as one role that may, for all of them as the others, for a path."""
LEAST = 0.98
PARTS = 12
CALLERS: tuple[Role | None, ...] = (None, *Role)
ROWS, URLS = book.rows(), book.urls()
WITHOUT_BASELINE = {
    ("campaigns:create", "POST"): "needs a channel",
    ("deals:reopen", "POST"): "needs a closed deal",
    ("deals:convert", "POST"): "needs an accepted lead",
    ("funnel:routing-create", "POST"): "needs a team",
    ("newsletters:review", "POST"): "counts its readers again",
    ("reports:rows", "GET"): "needs the address of a number",
}
"""Attacked like the others, but not counted: the matrix's objects get no good answer here."""
COMPANIONS: dict[str, str] = {"period": "custom"}
"""What makes a view read on: with a period of its own it asks for its days."""
pytestmark = pytest.mark.fuzz
Caller = Role | None


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
        found = self.row.data.items()
        return {k: value(subject.row) if callable(value) else value for k, value in found}

    def run(self) -> None:
        first = self.may[-1] if Role.ADMIN not in self.may else Role.ADMIN
        good = self.answers_well(first)
        self.each_parameter(first)
        self.each_place(first)
        for caller in CALLERS:
            self.all_parameters(caller)
            if good:
                self.covered.add(caller)

    def answers_well(self, role: Role) -> bool:
        subject = self.subject(role)
        status, where = self.call(role, self.path(subject), {}, self.data(subject))
        self.last = f"{status} {where}"
        if self.row.name in GONE:
            return status == 404
        return status < 400 and not where.startswith(reverse("account_login") + "?")

    def path(self, subject: Subject) -> str:
        return reverse(self.row.name, args=self.args(subject))

    def each_parameter(self, role: Role) -> None:
        """Give each parameter hostile values in turn; what is read only then gets its turn too."""
        subject = self.subject(role)
        path, data = self.path(subject), self.data(subject)
        done: set[tuple[str, str]] = set()
        while (
            left := {("GET", n) for n in self.names.get}
            | {("POST", n) for n in self.names.post} - done
        ):
            left -= done
            if not left:
                break
            for where, name in sorted(left):
                done.add((where, name))
                for value in self.random.sample(VALUES, EACH):
                    query = dict(self.companions(name))
                    sent = dict(data)
                    (query if where == "GET" else sent)[name] = value
                    self.attack(role, path, query, sent)

    def read(self) -> set[tuple[str, str]]:
        """Return the parameters that the view is known to read by now."""
        return {("GET", n) for n in self.names.get} | {("POST", n) for n in self.names.post}

    def companions(self, name: str) -> dict[str, str]:
        return {k: v for k, v in COMPANIONS.items() if k in self.names.get and k != name}

    def each_place(self, role: Role) -> None:
        """Put hostile values into each variable part of the path."""
        subject = self.subject(role)
        path, data = self.path(subject), self.data(subject)
        parts = path.split("/")
        for value in map(str, self.args(subject)):
            places = [n for n, part in enumerate(parts) if part == quote(value)]
            for place in places[-1:]:
                for bad in self.random.sample(PATHS, PLACES):
                    self.attack(
                        role, "/".join([*parts[:place], bad, *parts[place + 1 :]]), {}, data
                    )

    def all_parameters(self, caller: Caller) -> None:
        """Send all parameters at once, each with a hostile value."""
        subject = self.subject(caller)
        path, data = self.path(subject), self.data(subject)
        for _ in range(OTHERS):
            query = {name: self.random.choice(VALUES) for name in sorted(self.names.get)}
            sent = {name: self.random.choice(VALUES) for name in sorted(self.names.post)}
            self.attack(caller, path, query, {**data, **sent})

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
        url = f"{path}?{urlencode(query)}" if query else path
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
    assert not {case: last for case, last in bare.items() if case not in WITHOUT_BASELINE}


def test_nearly_every_route_method_and_role_is_tried():
    assert len(CASES) > 500
    assert set(WITHOUT_BASELINE) <= set(CASES)
    assert 1 - len(WITHOUT_BASELINE) / len(CASES) >= LEAST

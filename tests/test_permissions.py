"""Role × URL × method × whose object: every address of the application against its row.

One test for each row; each case runs in a savepoint, so that the objects are made once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from crm.funnel.models import Handoff, StageTransition, Verdict
from crm.mailing.models import Mail
from crm.outbox.models import Effect
from crm.outbox.services import beat
from crm.users.models import Organisation, Role, User, usual_week
from tests.matrix import book, writing
from tests.matrix.base import Row
from tests.matrix.objects import KINDS, WHOSE, Cast, Subject, Whose

ROWS, URLS = book.rows(), book.urls()
LEDGERS = (StageTransition, Handoff, Verdict, Effect, Mail, User)
REFUSED_WITHOUT_LOG_IN = (401, 403)
NOT_THERE = (404, 410)
"""Of what nobody has, or not any more; a link in a mail that is used up is 410."""
WRITES = ("INSERT", "UPDATE", "DELETE")
BOOKKEEPING = ("django_session", "newsletters_click", "newsletters_marketingmail")
"""Tables that a GET may write: the session's own, and that a link in a mail was called."""
GONE = {"setup", "correspondence:inbound"}
"""URLs that answer 404 to everybody: once set up, and where no secret is set."""


def test_every_url_has_a_row():
    missing = sorted(set(URLS) - set(ROWS))

    assert not missing, f"add a Row to tests/matrix/ for {missing}"


def test_every_row_has_a_url():
    gone = sorted(set(ROWS) - set(URLS))

    assert not gone, f"no URL is named {gone}"


def test_every_row_names_a_known_kind_of_object():
    assert not {row.obj for row in ROWS.values()} - set(KINDS) - {""}


def test_the_documented_matrix_is_the_tested_one():
    documented = book.PAGE.read_text()

    assert documented == book.page(), "run: python -m tests.matrix"


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """Yield the people and their objects, made once in a transaction that is never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        Organisation.objects.create(
            pk=1,
            name="Acme",
            time_zone="Europe/Berlin",
            workdays=usual_week(),
            set_up_at=now(),
            postal_address="1 Acme Road",
        )
        beat("worker")  # else /healthz/system answers 503
        yield Cast()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def sessions(cast: Cast) -> dict[Role, str]:
    """Return the session key of one signed-in user of each role."""
    keys = {}
    for role, user in cast.users.items():
        client = Client()
        client.force_login(user)
        keys[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return keys


class Walk:
    """The calls of one row, and what was wrong with their answers."""

    def __init__(self, row: Row, cast: Cast, sessions: dict[Role, str]) -> None:
        self.row, self.cast, self.sessions = row, cast, sessions
        self.wrong: list[str] = []
        self.client = Client()

    def whose(self) -> tuple[Whose, ...]:
        """Return the owners worth telling apart: all of them if the kind has owners."""
        kind = KINDS.get(self.row.obj)
        return WHOSE if kind and kind.seen != "all" else ("own",)

    def check(self) -> None:
        if self.row.name in GONE:
            for role in (None, *Role):
                status, where = self.call("GET", role, Subject(()))
                self.expect(status == 404, f"GET {role}", status, where)
            return
        for method, roles in (("GET", self.row.get), ("POST", self.row.post)):
            self.check_anonymous(method, roles is not None)
            for role in Role:
                if roles is None:
                    other = self.row.post if method == "GET" else self.row.get
                    self.check_no_method(method, role, certain=role in (other or ()))
                elif role in roles:
                    self.check_allowed(method, role)
                else:
                    self.check_refused(method, role)

    def check_anonymous(self, method: str, exists: bool) -> None:
        subject = self.subject("own", Role.ADMIN)
        case = f"{method} anonymous"
        with self.theirs(case, None) if self.row.public else self.unchanged(case, subject):
            status, where = self.call(method, None, subject)
            if self.row.public:
                good = is_good(status, where) if exists else status == 405
            elif status == 302:
                good = where.startswith(reverse("account_login"))
            else:
                good = status in REFUSED_WITHOUT_LOG_IN or (status == 405 and not exists)
            self.expect(good, f"{method} anonymous", status, where)

    def check_no_method(self, method: str, role: Role, *, certain: bool) -> None:
        subject = self.subject("own", role)
        with self.unchanged(f"{method} {role}", subject):
            status, where = self.call(method, role, subject)
            good = status == 405 or (status == 403 and not certain)
            self.expect(good, f"{method} {role}", status, where, "has no such method")

    def check_refused(self, method: str, role: Role) -> None:
        """A role is refused before the object is looked at: two kinds of owner show it."""
        for whose in self.whose()[::2]:
            subject, case = self.subject(whose, role), f"{method} {role}, {whose}"
            with self.unchanged(case, subject):
                status, where = self.call(method, role, subject)
                seen = self.sees(role, whose)
                self.expect(status == 403 or (not seen and status == 404), case, status, where)

    def check_allowed(self, method: str, role: Role) -> None:
        for whose in self.whose():
            subject, case = self.subject(whose, role), f"{method} {role}, {whose}"
            if self.sees(role, whose):
                with self.theirs(case, role) if method == "POST" else self.unwritten(case):
                    status, where = self.call(method, role, subject)
                    good = is_done if whose == "own" else is_good
                    self.expect(good(status, where), case, status, where, "may call it")
            else:
                with self.unchanged(case, subject):
                    status, where = self.call(method, role, subject)
                    self.expect(status in NOT_THERE, case, status, where, "is out of scope")
        if self.row.obj and (none := KINDS[self.row.obj].missing):
            nothing = Subject(none)
            with undone():
                status, where = self.call(method, role, nothing, subject)
                missing = status in NOT_THERE
                self.expect(missing, f"{method} {role}, missing", status, where)

    def sees(self, role: Role, whose: Whose) -> bool:
        kind = KINDS.get(self.row.obj)
        return kind is None or kind.sees(self.cast.users[role], whose)

    def subject(self, whose: Whose, role: Role) -> Subject:
        return self.cast.subject(self.row.obj, whose, role) if self.row.obj else Subject(())

    def call(
        self, method: str, role: Role | None, subject: Subject, other: Subject | None = None
    ) -> tuple[int, str]:
        """Call the URL for `subject`; `other` is the object that fills in what depends on one."""
        row = subject.row or (other.row if other else None)
        rest = [value(row) if callable(value) else value for value in self.row.args]
        url = reverse(self.row.name, args=[*subject.args, *rest])
        if query := self.row.filled(self.row.query, row):
            url = f"{url}?{urlencode(query)}"
        self.client.cookies.clear()
        if role:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        if method == "GET":
            return answer(self.client.get, url)
        return answer(self.client.post, url, self.row.filled(self.row.data, row))

    def expect(self, good: bool, case: str, status: int, where: str, why: str = "") -> None:
        if not good:
            self.wrong.append(f"{case}: {status} {where} {why}".strip())

    @contextmanager
    def unchanged(self, case: str, subject: Subject) -> Iterator[None]:
        """Note it if what is called inside, which must be refused, leaves a trace."""
        with undone():
            before = trace(subject)
            yield
            if trace(subject) != before:
                self.wrong.append(f"{case}: refused, but something was written")

    @contextmanager
    def theirs(self, case: str, role: Role | None) -> Iterator[None]:
        """Note it if what is called inside writes columns that are not this role's to write."""
        with undone():
            before = writing.snapshot()
            yield
            for one in writing.differences(before, writing.snapshot()):
                if not one.may_by(self.row.name, role):
                    self.wrong.append(f"{case}: wrote {one}, see tests/matrix/writing.py")

    @contextmanager
    def unwritten(self, case: str) -> Iterator[None]:
        """Note it if what is called inside, a GET, writes anything."""
        written: list[str] = []

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if sql.startswith(WRITES) and not any(table in sql for table in BOOKKEEPING):
                written.append(sql[:120])
            return execute(sql, params, many, context)

        with undone(), connection.execute_wrapper(watch):
            yield
        if written:
            self.wrong.append(f"{case}: a GET wrote: {written[0]}")


@contextmanager
def undone() -> Iterator[None]:
    """Take back all that happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def trace(subject: Subject) -> tuple[Any, ...]:
    """Return every column of the object's row, and how long each ledger is."""
    row = subject.row
    columns = type(row)._base_manager.filter(pk=row.pk).values().first() if row else None
    return columns, [model._base_manager.count() for model in LEDGERS]


def answer(call: Any, *args: Any) -> tuple[int, str]:
    """Return the status, and where it leads or what went wrong."""
    try:
        response = call(*args)
        if response.streaming:
            b"".join(response.streaming_content)
    except Exception as error:  # noqa: BLE001 the row fails with what the view raised
        return 500, f"{type(error).__name__}: {error}"
    if response.status_code == 503 and "reasons" in response.content.decode():
        return 200, ""  # the alarm does its duty: what the cast has left undone gets old
    return response.status_code, response.headers.get("Location", "")


def is_done(status: int, where: str) -> bool:
    """True if a good request was carried out, not sent back with its form."""
    return status < 400 and is_good(status, where)


def is_good(status: int, where: str) -> bool:
    """True unless the answer is a refusal or a failure."""
    return status < 500 and status not in (401, 403, 404, 405) and not (
        status == 302 and where.startswith(reverse("account_login") + "?")
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(ROWS) & set(URLS)))
def test_url_answers_each_role_as_its_row_says(name: str, cast: Cast, sessions: dict[Role, str]):
    walk = Walk(ROWS[name], cast, sessions)

    walk.check()

    assert not walk.wrong, "\n".join([f"{name} ({URLS[name]})", *walk.wrong])

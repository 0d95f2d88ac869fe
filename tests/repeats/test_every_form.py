"""A form that is sent twice makes one record, whichever form of the application it is."""

import re
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from crm.repeats.creating import CREATING
from crm.users.models import Role
from tests.matrix.objects import Cast, Subject
from tests.repeats.valid import VALID
from tests.test_permissions import ROWS, URLS, cast, sessions, undone

__all__ = ["cast", "sessions"]  # fixtures

BOOKKEEPING = (
    "audit_", "auth_", "django_", "outbox_", "repeats_", "throttling_", "deals_dealmove",
    "leads_leadchange", "reports_funnel", "reports_stalelead", "account_",
)  # fmt: skip
"""Tables of what was done, as far as nobody looks at their rows as at records."""
POSTS = sorted(name for name, row in ROWS.items() if row.post and not row.public and name in URLS)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')


class Sender:
    """Somebody who may send the form of one address, and the form."""

    def __init__(self, name: str, cast: Cast, sessions: dict[Role, str]) -> None:
        row = ROWS[name]
        role = next(role for role in (Role.ADMIN, *Role) if role in (row.post or ()))
        subject = cast.subject(row.obj, "own", role) if row.obj else Subject(())
        self.row, self.subject = row, subject
        rest = [self.value(one) for one in row.args]
        self.url = reverse(name, args=[*subject.args, *rest])
        typed = VALID[name](subject.row) if name in VALID else row.data
        self.typed = {key: self.value(one) for key, one in typed.items()}
        self.client = Client(enforce_csrf_checks=True)
        self.client.cookies[settings.SESSION_COOKIE_NAME] = sessions[role]

    def value(self, given: Any) -> Any:
        return given(self.subject.row) if callable(given) else given

    def page(self) -> str:
        """Open the page with the form; return its token."""
        pages = [self.url, "/profile/"] if self.row.get else ["/profile/"]
        answers = [self.client.get(page) for page in pages]
        text = "".join(one.content.decode() for one in answers if not one.streaming)
        return str(TOKEN.findall(text)[0])

    def send(self, token: str) -> Any:
        for one in self.typed.values():
            if isinstance(one, UploadedFile):
                one.seek(0)
        return self.client.post(self.url, {**self.typed, "csrfmiddlewaretoken": token})


def records() -> dict[str, int]:
    """Count the rows of every table of records."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if not model._meta.db_table.startswith(BOOKKEEPING)
    ]
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return dict(cursor.fetchall())


def made(before: dict[str, int]) -> dict[str, int]:
    """Return of which tables there are more rows than before, and how many."""
    return {table: count - before[table]
            for table, count in records().items() if count > before[table]}  # fmt: skip


def look(answer: HttpResponse) -> tuple[int, str, bytes]:
    return answer.status_code, answer.headers.get("Location", ""), answer.content


def test_every_address_that_makes_a_record_has_a_url():
    assert not CREATING - set(POSTS)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(CREATING))
def test_the_same_form_sent_twice_makes_one_record(name: str, cast: Cast, sessions: Any):
    with undone():
        sender = Sender(name, cast, sessions)
        token, before = sender.page(), records()

        first = sender.send(token)
        assert first.status_code < 400, first.content[:3000]
        assert made(before), "the form makes no record at all"
        before = records()
        second = sender.send(token)

        assert not made(before)
        assert look(second) == look(first)


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(set(POSTS) - CREATING))
def test_no_other_form_makes_a_second_record(name: str, cast: Cast, sessions: Any):
    with undone():
        sender = Sender(name, cast, sessions)
        token = sender.page()

        with time_machine.travel(now(), tick=False):  # what is done once a minute
            sender.send(token)
            before = records()
            sender.send(token)

        assert not made(before), "name the address in crm/repeats/creating.py"

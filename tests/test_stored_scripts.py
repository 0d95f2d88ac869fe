"""A script that somebody stored in a text is text on every page, for every kind of object.

All texts of all tables are overwritten with it; then an administrator opens every address.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Cast as AsType
from django.db.models.functions import Concat
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from crm.funnel.models import Handoff
from crm.users.models import Organisation, Role, usual_week
from tests.matrix import book
from tests.matrix.objects import Cast, Subject

SHORT = "<img src=x onerror=alert(1)>"
LONG = f"javascript:alert(1)//\"'>{SHORT}"
ROOM_FOR_KEY = 8
MEANT_FOR_MACHINES = {
    "country", "currency", "digest", "holiday_country", "key", "kind", "language", "model",
    "password",
    "reference", "state", "time_zone", "token",
}  # fmt: skip
"""Columns whose text is a code: with another one the page would fail, not the test."""
OURS = ("crm.", "leads", "campaigns", "deals")
ROWS, URLS = book.rows(), book.urls()
PAGES = sorted(
    name
    for name in set(ROWS) & set(URLS)
    if Role.ADMIN in (ROWS[name].get or ())
    and not name.startswith("account_")
    and name != "outbox:system-health"  # 503 is its answer where no worker runs
)


def texts(model: type[models.Model]) -> Iterator["models.Field[Any, Any]"]:
    """Yield the columns of `model` that hold what people write."""
    for field in model._meta.concrete_fields:
        free = isinstance(field, models.CharField | models.TextField) and not field.choices
        if free and not field.primary_key and field.name not in MEANT_FOR_MACHINES:
            yield field


def fill(model: type[models.Model]) -> int:
    """Write the script into the texts of all rows of `model`; return into how many columns.

    The row's key stands behind it, so that what must be unique is. What the database itself
    forbids, such as a change of the ledger, stays.
    """
    written = 0
    for field in texts(model):
        room = (field.max_length or 10_000) - ROOM_FOR_KEY
        address = isinstance(field, models.URLField)  # its form takes http and https alone
        script = LONG if len(LONG) <= room and not address else SHORT
        if len(script) > room or isinstance(field, models.SlugField):
            continue
        try:
            with transaction.atomic():
                key = AsType(F("pk"), models.CharField())
                model._base_manager.update(**{field.name: Concat(Value(script), key)})
                written += 1
        except DatabaseError:
            continue
    return written


@pytest.fixture(scope="module")
def poisoned(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Cast, Client]]:
    """Yield one object of each kind, every text a script, and an administrator's browser."""
    with django_db_blocker.unblock(), transaction.atomic():
        Organisation.objects.create(
            pk=1, name="Acme", time_zone="Europe/Berlin", workdays=usual_week(), set_up_at=now()
        )
        cast = Cast()
        models_of_ours = [m for m in apps.get_models() if m.__module__.startswith(OURS)]
        assert sum(map(fill, models_of_ours)) > 100
        line = {"label": LONG, "points": 5, "kind": "fit", "detail": LONG}
        Handoff.objects.update(
            evidence={"score": 72, "lines": [line], "note": LONG, "campaign": LONG,
                      "touches": [{"label": LONG, "at": now().isoformat()}]}
        )  # fmt: skip
        client = Client()
        client.force_login(cast.users[Role.ADMIN])
        yield cast, client
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_stored_script_is_text(name: str, poisoned: tuple[Cast, Client]):
    cast, client = poisoned
    row = ROWS[name]
    subject = cast.subject(row.obj, "own", Role.ADMIN) if row.obj else Subject(())
    rest = [value(subject.row) if callable(value) else value for value in row.args]
    url = reverse(name, args=[*subject.args, *rest])

    with transaction.atomic():
        response = client.get(url)
        transaction.set_rollback(True)

    assert response.status_code < 500
    if is_page(response):
        assert SHORT not in response.content.decode()
        assert 'href="javascript:' not in response.content.decode()


def is_page(response: Any) -> bool:
    """True for HTML, but not for a mail in its frame: there the browser itself runs nothing."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return False
    policy = response.headers.get("Content-Security-Policy", "")
    return not policy.startswith("sandbox") or "allow-scripts" in policy

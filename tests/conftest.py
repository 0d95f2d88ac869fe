"""What every test may rely on: a set-up organisation, the ledger's triggers, an eager outbox."""

from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client, TransactionTestCase
from django.utils.timezone import now

from crm.audit.models import Change
from crm.demo import company
from crm.outbox import hints
from crm.outbox import services as outbox
from crm.users.middleware import FirstRunMiddleware
from crm.users.models import Organisation, Role, User, usual_week
from tests import database_template
from tests.factories import UserFactory
from tests.guards import guards_aside

hypothesis.settings.register_profile(
    "tandem", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tandem")  # slow is the machine that runs much else beside

FIRST: list[list[Model]] = []
"""The rows that migrations write into an empty database; a flushed one gets them again."""

OF_MIGRATE = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables that `migrate` fills by the models: no test changes them."""

flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def flush_with_ledger(self: TransactionTestCase) -> None:
    """Empty the database after a test with real commits, past the triggers."""
    with guards_aside():
        empty_tables() if connection.vendor == "postgresql" else flush(self)
    number_from_one()
    put_first_rows()


def empty_tables() -> None:
    """Delete all rows that tests write. TRUNCATE takes a second for any number; most leave few."""
    tables = set(connection.introspection.table_names()) - OF_MIGRATE
    any_of = " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})"  # noqa: S608
        for table in sorted(tables)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(any_of)
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def number_from_one() -> None:
    """Let the next row of every table have the key 1."""
    sequences = [one for one in connection.introspection.sequence_list()
                 if one["table"] not in OF_MIGRATE]  # fmt: skip
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), sequences):
            cursor.execute(statement)


def put_first_rows() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for rows in FIRST:
            type(rows[0])._base_manager.bulk_create(rows)
        models = [type(rows[0]) for rows in FIRST]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keep what the migrations wrote, before any test.

    Not what the triggers noted of it, in a template that was migrated further: they note it anew.
    """
    with django_db_blocker.unblock():
        for model in apps.get_models():
            left_out = model is Change or model._meta.db_table in OF_MIGRATE
            if not left_out and (rows := [*model._base_manager.all()]):
                FIRST.append(rows)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Begin with a copy of the migrated template: see tests/database_template.py."""
    database_template.copy_at_creation()


@pytest.fixture
def numbered_from_one(transactional_db: None) -> None:
    """Empty the database, so that what is made now has the same keys in every run."""
    flush_with_ledger(TransactionTestCase("__init__"))


TransactionTestCase._fixture_teardown = flush_with_ledger  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def no_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish no hints, except in tests of the services marked `faults` or `services`."""
    if not {"faults", "services", "e2e"} & {mark.name for mark in request.node.iter_markers()}:
        monkeypatch.setattr(hints, "quietly", lambda task, *args: None)


@pytest.fixture(autouse=True)
def set_up_done() -> Iterator[None]:
    """Take the first-run set-up as done; tests of it set this to False."""
    FirstRunMiddleware.done = True
    yield
    FirstRunMiddleware.done = False


@pytest.fixture
def organisation(db: None) -> Organisation:
    return Organisation.objects.create(
        pk=1,
        name="Acme",
        currency="EUR",
        time_zone="Europe/Berlin",
        workdays=usual_week(),
        set_up_at=now(),
        postal_address="1 Acme Road\n10969 Berlin",
    )


@pytest.fixture
def run_effects() -> Callable[[], int]:
    """Return a function that carries out all due effects, and those they ask for, until none is."""

    def run() -> int:
        total = 0
        while done := outbox.sweep():
            total += done
        return total

    return run


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Return a function: a client signed in as this user, or as a new one with this role."""

    def as_user(user: User | None = None, *, role: Role = Role.REP, **fields: Any) -> Client:
        client = Client()
        client.force_login(user or UserFactory(role=role, **fields))
        return client

    return as_user


@pytest.fixture(scope="module")
def demo_company(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Yield while the demo company is there, seeded once for a module, never committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        company.seed(password=None)
        yield
        transaction.set_rollback(True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many routes × methods × roles the fuzz test (tests/fuzz) has tried."""
    reports = [r for name in ("passed", "failed") for r in terminalreporter.stats.get(name, [])]
    tried = [value for report in reports for name, value in report.user_properties
             if name == "fuzz"]  # fmt: skip
    if tried:
        covered, of, calls = (sum(column) for column in zip(*tried, strict=True))
        terminalreporter.write_line(
            f"fuzz: {covered} of {of} routes × methods × roles ({covered / of:.1%}), {calls} calls"
        )

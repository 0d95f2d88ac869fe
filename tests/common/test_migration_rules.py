"""Migrations while people work: they give up a lock they do not get, and index concurrently."""

import threading

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import NotSupportedError, OperationalError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from crm.common import migration_rules
from crm.common.checks import LOCKS
from crm.common.schema_operations import AddIndexConcurrently, AddUniqueConcurrently
from leads.models import Lead

INDEX = models.Index(fields=["score", "phone"], name="lead_of_a_test")
UNIQUE = models.UniqueConstraint(
    fields=["stage", "created_at"], condition=models.Q(name="no such name"), name="lead_unique_test"
)
POSTGRESQL = "postgresql"


def migration(*operations, atomic=True, name="0099_test", app="leads"):
    made = migrations.Migration(name, app)
    made.operations, made.atomic = list(operations), atomic
    return made


def faults(*operations, **how):
    return migration_rules.faults(migration(*operations, **how))


def index_names():
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Lead._meta.db_table)
    return set(found)


@pytest.fixture(scope="module")
def state() -> ProjectState:
    return MigrationLoader(None).project_state()


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("lead", INDEX),
        migrations.AddConstraint("lead", UNIQUE),
        migrations.AddField("lead", "x", models.ForeignKey("users.User", models.CASCADE)),
        migrations.AddField("lead", "x", models.CharField(max_length=9, db_index=True)),
        migrations.AlterField("lead", "phone", models.CharField(max_length=40, unique=True)),
    ],
)
def test_a_migration_that_locks_a_large_table_for_an_index_is_refused(operation):
    assert len(faults(operation)) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddIndex("savedview", INDEX),
        migrations.AddField("lead", "x", models.CharField(max_length=9, default="")),
        migrations.AddConstraint(
            "lead", models.CheckConstraint(condition=models.Q(score__gte=0), name="x")
        ),
        migrations.AlterField("lead", "phone", models.CharField(max_length=50)),
    ],
)
def test_what_builds_no_index_of_a_large_table_is_allowed(operation):
    assert faults(operation) == []


def test_a_table_that_the_migration_makes_is_empty_and_may_be_indexed():
    made = migrations.CreateModel("Lead", [("id", models.BigAutoField(primary_key=True))])

    assert faults(made, migrations.AddIndex("lead", INDEX)) == []


def test_concurrent_operations_stand_alone_and_outside_of_a_transaction():
    concurrent = AddIndexConcurrently("lead", INDEX)

    assert faults(concurrent, atomic=False) == []
    assert faults(concurrent, atomic=True)
    assert faults(concurrent, migrations.RunPython(migrations.RunPython.noop), atomic=False)


def test_the_check_holds_for_every_migration_of_ours_from_now_on(db):
    assert [fault for fault in run_checks(databases=["default"]) if fault.id == LOCKS] == []


def test_migrations_from_before_the_rule_stay_as_they_are():
    assert not migration_rules.is_under_the_rule(migration(name="0001_initial"))
    assert migration_rules.is_under_the_rule(migration())
    assert not migration_rules.is_under_the_rule(migration(app="sessions"))


def test_every_large_table_is_there(state):
    assert {".".join(name) for name in state.models} >= migration_rules.LARGE


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (AddIndexConcurrently("lead", INDEX), "lead_of_a_test"),
        (AddUniqueConcurrently("lead", UNIQUE), "lead_unique_test"),
    ],
)
def test_an_index_is_built_and_built_again_after_it_was_cut_short(
    transactional_db, state, operation, name
):
    after = state.clone()
    operation.state_forwards("leads", after)

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("leads", editor, state, after)
    built = index_names()
    if connection.vendor == POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name]
            )
        for _ in range(2):
            with connection.schema_editor(atomic=False) as editor:
                operation.database_forwards("leads", editor, state, after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("leads", editor, after, state)

    assert name in built
    assert name not in index_names()


def test_inside_a_transaction_an_index_is_not_built_concurrently(transactional_db, state):
    if connection.vendor != POSTGRESQL:
        assert faults(AddIndexConcurrently("lead", INDEX), atomic=True)
        return
    after = state.clone()
    operation = AddIndexConcurrently("lead", INDEX)
    operation.state_forwards("leads", after)

    with pytest.raises(NotSupportedError), connection.schema_editor(atomic=True) as editor:
        operation.database_forwards("leads", editor, state, after)


def test_a_migration_gives_up_a_lock_that_it_does_not_get(transactional_db, monkeypatch):
    monkeypatch.setattr(migration_rules, "LOCK_TIMEOUT", "200ms")
    field = models.CharField(max_length=9, default="")
    field.set_attributes_from_name("added_in_a_test")
    if connection.vendor != POSTGRESQL:  # the file has one writer, who waits 20 s at most
        assert connection.settings_dict["OPTIONS"]["timeout"] == 20
        return
    held, leave = threading.Event(), threading.Event()

    def read_for_long():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM leads_lead")
            held.set()
            leave.wait(10)
            cursor.execute("ROLLBACK")
        connection.close()

    reader = threading.Thread(target=read_for_long)
    reader.start()
    held.wait(10)
    try:
        migration_rules.limit_waiting(using="default")
        with (
            pytest.raises(OperationalError, match="lock timeout"),
            connection.schema_editor() as editor,
        ):
            editor.add_field(Lead, field)
    finally:
        leave.set()
        reader.join()
        migration_rules.wait_as_usual(using="default")


def test_every_migrate_waits_5_seconds_for_a_lock_and_no_longer(transactional_db, monkeypatch):
    seen = []
    real = MigrationExecutor.migrate

    def migrate(self, *args, **kwargs):
        seen.append(lock_timeout())
        return real(self, *args, **kwargs)

    monkeypatch.setattr(MigrationExecutor, "migrate", migrate)
    call_command("migrate", verbosity=0)

    on_postgresql = connection.vendor == POSTGRESQL
    assert seen == ["5s" if on_postgresql else "none"]
    assert lock_timeout() == ("0" if on_postgresql else "none")


def lock_timeout():
    if connection.vendor != POSTGRESQL:
        return "none"
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]

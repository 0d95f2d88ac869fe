"""What the database itself guards stays guarded, whatever migrations do to its tables."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connection, models
from django.db.migrations import Migration
from django.utils.timezone import now

from crm.alignment.models import DefinitionSignature
from crm.common import triggers
from crm.common.checks import MISSING
from crm.funnel.models import LedgerDoor, MqlDefinition, StageTransition
from crm.outbox import health
from crm.reports.models import StaleLead
from crm.users.models import Role
from deals.quotes.models import Quote, QuoteLine
from leads.models import Lead
from tests.factories import LeadFactory, QuoteFactory, UserFactory

GUARDED = [StageTransition, Quote, QuoteLine, DefinitionSignature]
NAMED_BY_TRIGGERS = [LedgerDoor, StaleLead, Lead]


@pytest.fixture
def guarded_rows(transactional_db, organisation) -> None:
    """One row in each guarded table."""
    LeadFactory()
    QuoteFactory(sent=True)
    DefinitionSignature.objects.create(
        definition=MqlDefinition.objects.earliest("pk"),
        side=DefinitionSignature.Side.SALES,
        by=UserFactory(role=Role.SALES_MANAGER),
        at=now(),
    )


@contextmanager
def column_added(model: type[models.Model]) -> Iterator[None]:
    """Add a column with a default as a migration does: on SQLite the table is made anew."""
    field = models.IntegerField(db_default=0)
    field.model = model
    field.set_attributes_from_name("added_by_a_migration")
    migrate(lambda editor: editor.add_field(model, field))
    try:
        yield
    finally:
        migrate(lambda editor: editor.remove_field(model, field))


def migrate(change) -> None:
    emit_pre_migrate_signal(0, False, connection.alias, plan=[(Migration("added", "leads"), False)])
    with connection.schema_editor() as editor:
        change(editor)
    emit_post_migrate_signal(0, False, connection.alias)


def update(table: str, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = '2020-01-01'")  # noqa: S608


@pytest.mark.parametrize("model", GUARDED)
def test_a_row_that_must_not_change_stays_guarded_when_its_table_gets_a_column(guarded_rows, model):
    before = list(model.objects.values())
    column = model._meta.get_field({Quote: "terms", QuoteLine: "text"}.get(model, "at")).column

    with column_added(model):
        with pytest.raises(DatabaseError, match=r"append-only|make a new version"):
            update(model._meta.db_table, column)
        assert list(model.objects.values()) == before
        assert before


@pytest.mark.parametrize("model", NAMED_BY_TRIGGERS)
def test_a_table_that_triggers_name_can_get_a_column(guarded_rows, model):
    with column_added(model):
        assert triggers.missing(connection) == []
        Lead.objects.update(owner=UserFactory())
        assert StaleLead.objects.exists()


@pytest.fixture
def lost(transactional_db) -> str:
    """A trigger that somebody dropped."""
    (one,) = triggers.REGISTERED["crm.alignment"]
    trigger = next(iter(one.wanted(connection.vendor)))
    on = f" ON {trigger.table}" * (connection.vendor == "postgresql")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger.name}{on}")
    return trigger.name


def test_a_missing_trigger_is_told_by_check_system_page_and_health(lost, client):
    (warning,) = [one for one in checks.run_checks(databases=["default"]) if one.id == MISSING]

    assert lost in warning.msg
    assert any(lost in trouble for trouble in health.look().troubles)
    answer = client.get("/healthz/system")
    assert answer.status_code == 503
    assert any(lost in reason for reason in answer.json()["reasons"])


def test_migrate_puts_a_missing_trigger_back(lost, client):
    call_command("migrate", verbosity=0)

    assert "trigger" not in client.get("/healthz/system").content.decode()
    assert health.look().told == []


def test_a_trigger_of_an_older_version_is_replaced(transactional_db):
    trigger = next(iter(triggers.REGISTERED["crm.alignment"][0].wanted(connection.vendor)))
    on = f" ON {trigger.table}" * (connection.vendor == "postgresql")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger.name}{on}")
        cursor.execute(
            trigger.create.replace("UPDATE OR DELETE", "DELETE").replace("s are", "s were")
        )

    assert triggers.missing(connection) == [trigger.name]

    triggers.install_all(connection)

    assert triggers.missing(connection) == []


def test_every_trigger_is_in_the_one_list(db):
    known = {
        trigger.name for one in triggers.all_sets() for trigger in one.wanted(connection.vendor)
    }

    assert set(triggers.standing(connection)) == known

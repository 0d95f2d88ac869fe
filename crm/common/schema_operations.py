"""Operations of migrations that index large tables while people work in them.

On PostgreSQL the index is built CONCURRENTLY: slower, but nobody waits. That cannot be done inside
a transaction, so the migration says `atomic = False` and holds such operations alone. Each can be
run again after it was cut short. On SQLite they are Django's own. docs/decisions/0085 says why.
"""

from typing import Any

from django.db import NotSupportedError
from django.db.migrations.operations import AddConstraint, AddIndex
from django.db.models import UniqueConstraint

IS_VALID = """
    SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relname = %s AND pg_table_is_visible(pg_class.oid)"""


class AddIndexConcurrently(AddIndex):
    """AddIndex for a large table."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif self.allow_migrate_model(schema_editor.connection.alias, model):
            statement = self.index.create_sql(model, schema_editor, concurrently=True)
            build(schema_editor, self.index.name, str(statement))


class AddUniqueConcurrently(AddConstraint):
    """AddConstraint of a UniqueConstraint with a condition, or on expressions, for a large table.

    Such a constraint is an index and nothing else. One on plain columns needs a condition that
    always holds, or has to be made on a table that is still empty.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        elif self.allow_migrate_model(schema_editor.connection.alias, model):
            assert isinstance(self.constraint, UniqueConstraint)
            statement = str(self.constraint.create_sql(model, schema_editor))
            head = "CREATE UNIQUE INDEX"
            if not statement.startswith(head):
                raise NotSupportedError(f"{self.constraint.name} is no index of its own.")
            build(
                schema_editor, self.constraint.name, f"{head} CONCURRENTLY{statement[len(head) :]}"
            )


def build(schema_editor: Any, name: str, statement: str) -> None:
    """Build an index unless it stands; one that was cut short is dropped and built anew.

    The lock timeout is lifted meanwhile: a concurrent build waits for older transactions, and
    nobody waits for it.
    """
    if schema_editor.connection.in_atomic_block:
        raise NotSupportedError(f"The migration that builds {name} must say atomic = False.")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(IS_VALID, [name])
        if (found := cursor.fetchone()) and found[0]:
            return
        cursor.execute("SHOW lock_timeout")
        timeout = cursor.fetchone()[0]
        cursor.execute("SET lock_timeout = 0")
        try:
            quoted = schema_editor.quote_name(name)
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
            cursor.execute(statement)
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [timeout])

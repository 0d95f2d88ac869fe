"""The database's own refusal to change the ledger of moves, on PostgreSQL and SQLite.

Deletion passes only for rows of an import whose LedgerDoor stands open: such a row exists,
uncommitted, in the one transaction that undoes the import.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "The ledger of stage transitions is append-only."

OPEN_DOOR = """EXISTS (
    SELECT 1 FROM funnel_ledgerdoor
    WHERE closed_at IS NULL AND import_id = OLD.import_id
)"""

POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION funnel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF {OPEN_DOOR} THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER IF EXISTS funnel_ledger_is_append_only ON funnel_stagetransition;
CREATE TRIGGER funnel_ledger_is_append_only
    BEFORE UPDATE OR DELETE ON funnel_stagetransition
    FOR EACH ROW EXECUTE FUNCTION funnel_refuse_change();
DROP TRIGGER IF EXISTS funnel_ledger_is_not_emptied ON funnel_stagetransition;
CREATE TRIGGER funnel_ledger_is_not_emptied
    BEFORE TRUNCATE ON funnel_stagetransition
    FOR EACH STATEMENT EXECUTE FUNCTION funnel_refuse_change();
"""

SQLITE = {
    "funnel_ledger_refuses_update": f"""BEFORE UPDATE ON funnel_stagetransition
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    "funnel_ledger_refuses_delete": f"""BEFORE DELETE ON funnel_stagetransition WHEN NOT {OPEN_DOOR}
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",
    # INSERT OR REPLACE deletes the old row without telling the trigger above
    "funnel_ledger_refuses_replace": f"""
    BEFORE INSERT ON funnel_stagetransition WHEN EXISTS (
        SELECT 1 FROM funnel_stagetransition WHERE id = NEW.id OR reverts_id = NEW.reverts_id
    )
    BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END""",  # noqa: S608 - nothing comes from outside
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place; where they stand already, nothing changes."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return
        for name, body in SQLITE.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for a migration backwards, and for emptying a test database."""
    names = list(SQLITE)
    ending = ""
    if connection.vendor == "postgresql":
        names = ["funnel_ledger_is_append_only", "funnel_ledger_is_not_emptied"]
        ending = " ON funnel_stagetransition"
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{ending}")

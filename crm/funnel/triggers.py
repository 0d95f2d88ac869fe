"""The database's own refusal to change the ledger of moves, on PostgreSQL and SQLite.

A row comes without text: why it is there is a code. Deletion passes only for rows of an import
whose LedgerDoor stands open: such a row exists, uncommitted, in the one transaction that undoes the
import.
"""

from crm.common.triggers import Trigger, TriggerSet

TABLE = "funnel_stagetransition"
MESSAGE = "The ledger of stage transitions is append-only."
NO_TEXT = "The ledger of stage transitions takes codes, no text: crm.funnel.causes."

OPEN_DOOR = """EXISTS (
    SELECT 1 FROM funnel_ledgerdoor
    WHERE closed_at IS NULL AND import_id = OLD.import_id
)"""

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION funnel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF {OPEN_DOOR} THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION funnel_refuse_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{NO_TEXT}' USING ERRCODE = 'restrict_violation';
END $$;
"""
POSTGRESQL = (
    Trigger(
        "funnel_ledger_is_append_only",
        TABLE,
        f"""BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION funnel_refuse_change()""",
    ),
    Trigger(
        "funnel_ledger_is_not_emptied",
        TABLE,
        f"""BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION funnel_refuse_change()""",
    ),
    Trigger(
        "funnel_ledger_takes_no_text",
        TABLE,
        f"""BEFORE INSERT ON {TABLE}
        FOR EACH ROW WHEN (NEW.reason <> '') EXECUTE FUNCTION funnel_refuse_text()""",
    ),
)

ABORT = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
SQLITE = (
    Trigger("funnel_ledger_refuses_update", TABLE, f"BEFORE UPDATE ON {TABLE} {ABORT}"),
    Trigger(
        "funnel_ledger_refuses_delete",
        TABLE,
        f"BEFORE DELETE ON {TABLE} WHEN NOT {OPEN_DOOR} {ABORT}",
    ),
    # INSERT OR REPLACE deletes the old row without telling the trigger above
    Trigger(
        "funnel_ledger_refuses_replace",
        TABLE,
        f"""BEFORE INSERT ON {TABLE} WHEN EXISTS (
            SELECT 1 FROM {TABLE} WHERE id = NEW.id OR reverts_id = NEW.reverts_id
        ) {ABORT}""",  # noqa: S608 - nothing comes from outside
    ),
    Trigger(
        "funnel_ledger_takes_no_text",
        TABLE,
        f"""BEFORE INSERT ON {TABLE} WHEN NEW.reason <> ''
        BEGIN SELECT RAISE(ABORT, '{NO_TEXT}'); END""",
    ),
)

TRIGGERS = TriggerSet(frozenset({TABLE, "funnel_ledgerdoor"}), SQLITE, POSTGRESQL, FUNCTIONS)

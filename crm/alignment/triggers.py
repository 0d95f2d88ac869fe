"""The database's own refusal to change or drop a signature, on PostgreSQL and SQLite."""

from crm.common.triggers import Trigger, TriggerSet

TABLE = "alignment_definitionsignature"
MESSAGE = "Signatures are append-only."
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION alignment_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';
END $$;
"""
POSTGRESQL = (
    Trigger(
        "alignment_signature_stays",
        TABLE,
        f"""BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION alignment_refuse_change()""",
    ),
)
SQLITE = tuple(
    Trigger(
        f"alignment_signature_refuses_{act}",
        TABLE,
        f"BEFORE {act.upper()} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    )
    for act in ("update", "delete")
)

TRIGGERS = TriggerSet(frozenset({TABLE}), SQLITE, POSTGRESQL, FUNCTIONS)

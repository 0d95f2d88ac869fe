"""The database's own refusal to change or drop a signature, on PostgreSQL and SQLite."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "alignment_definitionsignature"
MESSAGE = "Signatures are append-only."
POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION alignment_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER IF EXISTS alignment_signature_stays ON {TABLE};
CREATE TRIGGER alignment_signature_stays BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION alignment_refuse_change();
"""
SQLITE = {
    f"alignment_signature_refuses_{act}": f"BEFORE {act.upper()} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    for act in ("update", "delete")
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
    on_postgresql = connection.vendor == "postgresql"
    names = ["alignment_signature_stays"] if on_postgresql else list(SQLITE)
    with connection.cursor() as cursor:
        for name in names:
            ending = f" ON {TABLE}" if on_postgresql else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{ending}")

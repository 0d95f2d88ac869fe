"""The database's own refusal to change a quote that was sent, on PostgreSQL and SQLite."""

from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "A quote that was sent is not changed: make a new version."
CONTENT = (
    "key", "deal_id", "version", "currency", "discount_percent", "discount_minor", "net_minor",
    "total_minor", "valid_until", "customer", "seller", "terms", "sent_at",
)  # fmt: skip
"""What the customer has seen. State and acceptance still change."""

SENT = "SELECT 1 FROM quotes_quote WHERE sent_at IS NOT NULL AND id = {}"


def differs(word: str) -> str:
    """Return the condition that any part of the content becomes another. word: as SQL says it."""
    return " OR ".join(f"OLD.{column} {word} NEW.{column}" for column in CONTENT)


POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION quotes_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION quotes_refuse_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (TG_OP <> 'INSERT' AND EXISTS ({SENT.format("OLD.quote_id")}))
       OR (TG_OP <> 'DELETE' AND EXISTS ({SENT.format("NEW.quote_id")})) THEN
        RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS quotes_sent_is_frozen ON quotes_quote;
CREATE TRIGGER quotes_sent_is_frozen BEFORE UPDATE ON quotes_quote FOR EACH ROW
    WHEN (OLD.sent_at IS NOT NULL AND ({differs("IS DISTINCT FROM")}))
    EXECUTE FUNCTION quotes_refuse_change();
DROP TRIGGER IF EXISTS quotes_sent_stays ON quotes_quote;
CREATE TRIGGER quotes_sent_stays BEFORE DELETE ON quotes_quote FOR EACH ROW
    WHEN (OLD.sent_at IS NOT NULL) EXECUTE FUNCTION quotes_refuse_change();
DROP TRIGGER IF EXISTS quotes_lines_are_frozen ON quotes_quoteline;
CREATE TRIGGER quotes_lines_are_frozen BEFORE INSERT OR UPDATE OR DELETE ON quotes_quoteline
    FOR EACH ROW EXECUTE FUNCTION quotes_refuse_line();
"""  # noqa: S608 - nothing comes from outside

ABORT = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
SQLITE = {
    "quotes_sent_is_frozen": f"""BEFORE UPDATE ON quotes_quote
        WHEN OLD.sent_at IS NOT NULL AND ({differs("IS NOT")}) {ABORT}""",
    "quotes_sent_stays": f"BEFORE DELETE ON quotes_quote WHEN OLD.sent_at IS NOT NULL {ABORT}",
    "quotes_lines_are_not_added": f"""BEFORE INSERT ON quotes_quoteline
        WHEN EXISTS ({SENT.format("NEW.quote_id")}) {ABORT}""",
    "quotes_lines_are_frozen": f"""BEFORE UPDATE ON quotes_quoteline
        WHEN EXISTS ({SENT.format("OLD.quote_id")}) OR EXISTS ({SENT.format("NEW.quote_id")})
        {ABORT}""",
    "quotes_lines_stay": f"""BEFORE DELETE ON quotes_quoteline
        WHEN EXISTS ({SENT.format("OLD.quote_id")}) {ABORT}""",
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
    statements = [f"DROP TRIGGER IF EXISTS {name}" for name in SQLITE]
    if connection.vendor == "postgresql":
        statements = [
            "DROP TRIGGER IF EXISTS quotes_sent_is_frozen ON quotes_quote",
            "DROP TRIGGER IF EXISTS quotes_sent_stays ON quotes_quote",
            "DROP TRIGGER IF EXISTS quotes_lines_are_frozen ON quotes_quoteline",
        ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

"""The database's own refusal to change a quote that was sent, on PostgreSQL and SQLite."""

from crm.common.triggers import Trigger, TriggerSet

QUOTE = "quotes_quote"
LINE = "quotes_quoteline"
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


FUNCTIONS = f"""
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
"""  # noqa: S608 - nothing comes from outside
POSTGRESQL = (
    Trigger(
        "quotes_sent_is_frozen",
        QUOTE,
        f"""BEFORE UPDATE ON {QUOTE} FOR EACH ROW
        WHEN (OLD.sent_at IS NOT NULL AND ({differs("IS DISTINCT FROM")}))
        EXECUTE FUNCTION quotes_refuse_change()""",
    ),
    Trigger(
        "quotes_sent_stays",
        QUOTE,
        f"""BEFORE DELETE ON {QUOTE} FOR EACH ROW
        WHEN (OLD.sent_at IS NOT NULL) EXECUTE FUNCTION quotes_refuse_change()""",
    ),
    Trigger(
        "quotes_lines_are_frozen",
        LINE,
        f"""BEFORE INSERT OR UPDATE OR DELETE ON {LINE}
        FOR EACH ROW EXECUTE FUNCTION quotes_refuse_line()""",
    ),
)

ABORT = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
OLD_SENT, NEW_SENT = (f"EXISTS ({SENT.format(f'{row}.quote_id')})" for row in ("OLD", "NEW"))
SQLITE = (
    Trigger(
        "quotes_sent_is_frozen",
        QUOTE,
        f"""BEFORE UPDATE ON {QUOTE}
        WHEN OLD.sent_at IS NOT NULL AND ({differs("IS NOT")}) {ABORT}""",
    ),
    Trigger(
        "quotes_sent_stays",
        QUOTE,
        f"BEFORE DELETE ON {QUOTE} WHEN OLD.sent_at IS NOT NULL {ABORT}",
    ),
    Trigger("quotes_lines_are_not_added", LINE, f"BEFORE INSERT ON {LINE} WHEN {NEW_SENT} {ABORT}"),
    Trigger(
        "quotes_lines_are_frozen",
        LINE,
        f"BEFORE UPDATE ON {LINE} WHEN {OLD_SENT} OR {NEW_SENT} {ABORT}",
    ),
    Trigger("quotes_lines_stay", LINE, f"BEFORE DELETE ON {LINE} WHEN {OLD_SENT} {ABORT}"),
)

TRIGGERS = TriggerSet(frozenset({QUOTE, LINE}), SQLITE, POSTGRESQL, FUNCTIONS)

"""The database's own note of every change that the funnel sums must follow.

No writer can forget it: not an import, an undo, a merge, nor a statement by hand. A mark is left
when an entry in the ledger comes, goes or changes, and when a lead gets another channel, campaign
or owner. A deleted lead loses its entries first (foreign key), which leaves the mark.

On PostgreSQL entries are marked once for each statement, so that bulk writers hardly notice. There
every change writes a mark of its own, also for a lead that has one: two transactions never wait for
each other, and a fold that takes the older mark leaves the younger. SQLite has one writer at a
time, and one mark for a lead is enough.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRESQL = """
CREATE OR REPLACE FUNCTION reports_mark_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_stalelead (lead_id) SELECT DISTINCT lead_id FROM changed;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION reports_mark_moved_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_stalelead (lead_id)
    SELECT lead_id FROM before UNION SELECT lead_id FROM changed;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION reports_mark_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO reports_stalelead (lead_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER reports_entry_comes AFTER INSERT ON funnel_stageentry
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_entries();
CREATE OR REPLACE TRIGGER reports_entry_goes AFTER DELETE ON funnel_stageentry
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_entries();
CREATE OR REPLACE TRIGGER reports_entry_changes AFTER UPDATE ON funnel_stageentry
    REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_moved_entries();
CREATE OR REPLACE TRIGGER reports_lead_changes
    AFTER UPDATE OF channel_id, campaign_id, owner_id ON leads_lead
    FOR EACH ROW WHEN (
        OLD.channel_id IS DISTINCT FROM NEW.channel_id
        OR OLD.campaign_id IS DISTINCT FROM NEW.campaign_id
        OR OLD.owner_id IS DISTINCT FROM NEW.owner_id
    ) EXECUTE FUNCTION reports_mark_lead();
"""


def mark(lead: str) -> str:
    """Return the statement of a SQLite trigger that marks the lead with the key `lead`."""
    return f"""INSERT INTO reports_stalelead (lead_id) SELECT {lead}
    WHERE NOT EXISTS (SELECT 1 FROM reports_stalelead WHERE lead_id = {lead});"""  # noqa: S608


SQLITE = {
    "reports_entry_comes": f"AFTER INSERT ON funnel_stageentry BEGIN {mark('NEW.lead_id')} END",
    "reports_entry_goes": f"AFTER DELETE ON funnel_stageentry BEGIN {mark('OLD.lead_id')} END",
    "reports_entry_changes": f"""AFTER UPDATE ON funnel_stageentry
    BEGIN {mark("OLD.lead_id")} {mark("NEW.lead_id")} END""",
    "reports_lead_changes": f"""AFTER UPDATE OF channel_id, campaign_id, owner_id ON leads_lead
    WHEN OLD.channel_id IS NOT NEW.channel_id
        OR OLD.campaign_id IS NOT NEW.campaign_id
        OR OLD.owner_id IS NOT NEW.owner_id
    BEGIN {mark("NEW.id")} END""",
}
TABLES = dict.fromkeys(SQLITE, "funnel_stageentry") | {"reports_lead_changes": "leads_lead"}


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
    with connection.cursor() as cursor:
        for name, table in TABLES.items():
            ending = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{ending}")

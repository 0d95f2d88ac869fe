"""The database's own note of every change that the funnel sums must follow.

No writer can forget it: not an import, an undo, a merge, nor a statement by hand. A mark is left
when an entry in the ledger comes, goes or changes, and when a lead gets another channel, campaign
or owner. A deleted lead loses its entries first (foreign key), which leaves the mark.

On PostgreSQL entries are marked once for each statement, so that bulk writers hardly notice. There
every change writes a mark of its own, also for a lead that has one: two transactions never wait for
each other, and a fold that takes the older mark leaves the younger. SQLite has one writer at a
time, and one mark for a lead is enough.
"""

from crm.common.triggers import Trigger, TriggerSet

ENTRY = "funnel_stageentry"
LEAD = "leads_lead"
FUNCTIONS = """
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
"""
POSTGRESQL = (
    Trigger(
        "reports_entry_comes",
        ENTRY,
        f"""AFTER INSERT ON {ENTRY} REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_entries()""",
    ),
    Trigger(
        "reports_entry_goes",
        ENTRY,
        f"""AFTER DELETE ON {ENTRY} REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_entries()""",
    ),
    Trigger(
        "reports_entry_changes",
        ENTRY,
        f"""AFTER UPDATE ON {ENTRY} REFERENCING OLD TABLE AS before NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION reports_mark_moved_entries()""",
    ),
    Trigger(
        "reports_lead_changes",
        LEAD,
        f"""AFTER UPDATE OF channel_id, campaign_id, owner_id ON {LEAD}
        FOR EACH ROW WHEN (
            OLD.channel_id IS DISTINCT FROM NEW.channel_id
            OR OLD.campaign_id IS DISTINCT FROM NEW.campaign_id
            OR OLD.owner_id IS DISTINCT FROM NEW.owner_id
        ) EXECUTE FUNCTION reports_mark_lead()""",
    ),
)


def mark(lead: str) -> str:
    """Return the statement of a SQLite trigger that marks the lead with the key `lead`."""
    return f"""INSERT INTO reports_stalelead (lead_id) SELECT {lead}
    WHERE NOT EXISTS (SELECT 1 FROM reports_stalelead WHERE lead_id = {lead});"""  # noqa: S608


SQLITE = (
    Trigger(
        "reports_entry_comes", ENTRY, f"AFTER INSERT ON {ENTRY} BEGIN {mark('NEW.lead_id')} END"
    ),
    Trigger(
        "reports_entry_goes", ENTRY, f"AFTER DELETE ON {ENTRY} BEGIN {mark('OLD.lead_id')} END"
    ),
    Trigger(
        "reports_entry_changes",
        ENTRY,
        f"AFTER UPDATE ON {ENTRY} BEGIN {mark('OLD.lead_id')} {mark('NEW.lead_id')} END",
    ),
    Trigger(
        "reports_lead_changes",
        LEAD,
        f"""AFTER UPDATE OF channel_id, campaign_id, owner_id ON {LEAD}
        WHEN OLD.channel_id IS NOT NEW.channel_id
            OR OLD.campaign_id IS NOT NEW.campaign_id
            OR OLD.owner_id IS NOT NEW.owner_id
        BEGIN {mark("NEW.id")} END""",
    ),
)

TRIGGERS = TriggerSet(frozenset({ENTRY, LEAD, "reports_stalelead"}), SQLITE, POSTGRESQL, FUNCTIONS)

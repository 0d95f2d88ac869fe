"""The triggers that write the history: no writer can forget it, not a bulk, an import, a command.

A change is a row for each field that became another; a record's making and its end are one row
with all fields. Personal words go with their record: then only that it was deleted stays.
"""

from django.db.models import Model

from crm.audit.registry import Kept, tracked
from crm.common.triggers import Trigger, TriggerSet

TABLE = "audit_change"
COLUMNS = "at, actor_id, door, batch, model, object_id, act, field, before, after"

# PostgreSQL: one function for all tables. It reads rows as JSON, so that it works on while a
# migration drops or adds a column.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION audit_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    label text := TG_ARGV[0];
    key text := TG_ARGV[1];
    noted text[] := string_to_array(TG_ARGV[2], ',');
    personal boolean := TG_ARGV[3] = 'personal';
    told jsonb := coalesce(nullif(current_setting('tandem.act', true), ''), '{{}}')::jsonb;
    who bigint := (told->>'actor')::bigint;
    way text := coalesce(told->>'door', 'command');
    one uuid := (told->>'batch')::uuid;
    was jsonb;
    is_now jsonb;
BEGIN
    IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN is_now := to_jsonb(NEW); END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO {TABLE} ({COLUMNS})
        SELECT statement_timestamp(), who, way, one, label, (is_now->>key)::bigint, 'changed',
               name, was->>name, is_now->>name
        FROM unnest(noted) AS name WHERE was->>name IS DISTINCT FROM is_now->>name;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND personal THEN
        DELETE FROM {TABLE} WHERE model = label AND object_id = (was->>key)::bigint;
        was := NULL;
    END IF;
    INSERT INTO {TABLE} ({COLUMNS})
    SELECT statement_timestamp(), who, way, one, label,
           CASE TG_OP WHEN 'INSERT' THEN (is_now->>key)::bigint
                ELSE (to_jsonb(OLD)->>key)::bigint END,
           CASE TG_OP WHEN 'INSERT' THEN 'made' ELSE 'deleted' END, '',
           CASE WHEN was IS NOT NULL THEN
               (SELECT jsonb_object_agg(name, was->name) FROM unnest(noted) AS name)::text END,
           CASE WHEN is_now IS NOT NULL THEN
               (SELECT jsonb_object_agg(name, is_now->name) FROM unnest(noted) AS name)::text END;
    RETURN NULL;
END $$;
"""  # noqa: S608 - nothing comes from outside


def trigger_set(model: type[Model], how: Kept) -> TriggerSet:
    """Return the triggers that note what happens to the rows of a model."""
    table = model._meta.db_table
    columns = [str(field.column) for field in how.fields(model)]
    events = [*(["insert"] if how.made else []), "update", "delete"]
    return TriggerSet(
        tables=frozenset({table, TABLE}),
        sqlite=tuple(on_sqlite(model, columns, event, how.personal) for event in events),
        postgresql=(on_postgresql(model, columns, events, how.personal),),
        functions=FUNCTION,
    )


def all_sets() -> list[TriggerSet]:
    return [trigger_set(model, how) for model, how in tracked()]


def on_postgresql(
    model: type[Model], columns: list[str], events: list[str], personal: bool
) -> Trigger:
    table, key = model._meta.db_table, key_of(model)
    told = ", ".join(
        f"'{word}'"
        for word in (
            model._meta.label_lower, key, ",".join(columns), "personal" if personal else "",
        )
    )  # fmt: skip
    body = f"""AFTER {" OR ".join(events).upper()} ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_note({told})"""
    return Trigger(f"audit_of_{table}", table, body)


def on_sqlite(model: type[Model], columns: list[str], event: str, personal: bool) -> Trigger:
    table, key, label = model._meta.db_table, key_of(model), model._meta.label_lower
    row = "OLD" if event == "delete" else "NEW"
    about = f"""strftime('%Y-%m-%d %H:%M:%f', 'now'), tandem_actor(), tandem_door(), tandem_batch(),
        '{label}', {row}."{key}\""""
    insert = f"INSERT INTO {TABLE} ({COLUMNS})"
    name = f"audit_{event}_of_{table}"
    if event == "update":
        pairs = " UNION ALL ".join(
            f"""SELECT '{one}' AS f, OLD."{one}" AS b, NEW."{one}" AS a""" for one in columns
        )
        of = ", ".join(f'"{one}"' for one in columns)
        differs = " OR ".join(f'OLD."{one}" IS NOT NEW."{one}"' for one in columns)
        body = f"""AFTER UPDATE OF {of} ON {table} WHEN {differs} BEGIN
        {insert} SELECT {about}, 'changed', f, CAST(b AS TEXT), CAST(a AS TEXT)
        FROM ({pairs}) WHERE b IS NOT a; END"""  # noqa: S608 - nothing comes from outside
        return Trigger(name, table, body)
    facts = ", ".join(f"""'{one}', {row}."{one}\"""" for one in columns)
    values = {"insert": f"NULL, json_object({facts})", "delete": f"json_object({facts}), NULL"}
    act, forget = {"insert": "made", "delete": "deleted"}[event], ""
    said = values[event]
    if event == "delete" and personal:
        said = "NULL, NULL"
        forget = f"""DELETE FROM {TABLE} WHERE model = '{label}' AND object_id = OLD."{key}";"""  # noqa: S608
    body = f"""AFTER {event.upper()} ON {table} BEGIN {forget}
        {insert} SELECT {about}, '{act}', '', {said}; END"""
    return Trigger(name, table, body)


def key_of(model: type[Model]) -> str:
    key = model._meta.pk
    assert key is not None
    return str(key.column)

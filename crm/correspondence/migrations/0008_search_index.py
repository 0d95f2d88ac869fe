from django.db import migrations, transaction

from crm.common.keys import SearchKey
from crm.common.schema_operations import build

AT_ONCE = 500
TEXTS = ("subject", "sender_name", "sender", "text")
KEY = "UPDATE correspondence_message SET search_key = %s WHERE id = %s"
INDEX = """
CREATE INDEX CONCURRENTLY message_search ON correspondence_message USING gin (search_key gin_trgm_ops)
"""


def write_keys(apps, schema_editor):
    """Fold what is there, some rows at a time: nobody waits for all of them."""
    last = 0
    rows = apps.get_model("correspondence", "Message").objects.filter(search_key="").order_by("pk")
    while chunk := list(rows.filter(pk__gt=last).values_list("pk", *TEXTS)[:AT_ONCE]):
        last = chunk[-1][0]
        keys = [(SearchKey.derived(*texts), pk) for pk, *texts in chunk]
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.executemany(KEY, keys)


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        build(schema_editor, "message_search", INDEX)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS message_search")


class Migration(migrations.Migration):
    """Can be run again after it was cut short."""

    atomic = False
    dependencies = [("correspondence", "0007_search_key")]

    operations = [
        migrations.RunPython(write_keys, migrations.RunPython.noop, atomic=False),
        migrations.RunPython(create_index, drop_index, atomic=False),
    ]

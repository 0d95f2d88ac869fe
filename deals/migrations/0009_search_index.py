from django.db import migrations

from crm.common.schema_operations import build

INDEX = """
CREATE INDEX CONCURRENTLY deal_search ON deals_deal USING gin (search_key gin_trgm_ops)
"""


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        build(schema_editor, "deal_search", INDEX)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS deal_search")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("deals", "0008_search_and_sort_keys")]

    operations = [migrations.RunPython(create_index, drop_index, atomic=False)]

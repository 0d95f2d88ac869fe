from django.db import migrations

from crm.common.schema_operations import build

INDEX = """
CREATE INDEX CONCURRENTLY company_search ON leads_company USING gin (search_key gin_trgm_ops)
"""


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        build(schema_editor, "company_search", INDEX)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS company_search")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0011_search_indexes")]

    operations = [migrations.RunPython(create_index, drop_index, atomic=False)]

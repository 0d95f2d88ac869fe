from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

INDEXES = {
    "lead_search": "leads_lead",
    "company_search": "leads_company",
}
CHANNELS = [
    ("Content", "content"),
    ("Digital ads", "digital_ads"),
    ("Social", "social"),
    ("Email", "email"),
    ("Events", "events"),
    ("Referral", "referral"),
    ("Partner", "partner"),
    ("Other", "other"),
]


def create_indexes(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for name, table in INDEXES.items():
        schema_editor.execute(
            f"CREATE INDEX {name} ON {table} USING gin (search_text gin_trgm_ops)"
        )


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


def create_channels(apps, schema_editor):
    channel = apps.get_model("leads", "Channel")
    for name, key in CHANNELS:
        channel.objects.create(name=name, key=key)


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(create_indexes, drop_indexes),
        migrations.RunPython(create_channels, migrations.RunPython.noop),
    ]

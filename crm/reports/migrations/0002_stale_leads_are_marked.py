from django.db import migrations

from crm.reports import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_sums"),
        ("funnel", "0004_disqualified_is_a_verdict"),
        ("leads", "0003_history_and_saved_views"),
    ]

    operations = [
        migrations.RunPython(install, remove),
        migrations.RunSQL(
            "INSERT INTO reports_stalelead (lead_id) SELECT DISTINCT lead_id FROM funnel_stageentry",
            migrations.RunSQL.noop,
        ),
    ]

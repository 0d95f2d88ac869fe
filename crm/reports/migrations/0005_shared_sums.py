from django.db import migrations, models


ANEW = [
    "DELETE FROM reports_stalelead",
    "DELETE FROM reports_funnelfact",
    "DELETE FROM reports_funnelsum",
    "DELETE FROM reports_durationsum",
    "INSERT INTO reports_stalelead (lead_id) SELECT DISTINCT lead_id FROM funnel_stageentry",
    "UPDATE reports_sumsstate SET version = version + 1",
]


class Migration(migrations.Migration):
    """More sums are kept: every lead is counted anew, by beat within minutes."""

    dependencies = [("reports", "0004_saved_reports")]

    operations = [
        migrations.AlterField(
            model_name="funnelsum",
            name="counting",
            field=models.CharField(
                choices=[("cohort", "Cohort"), ("period", "Period"), ("shared", "Shared")],
                max_length=6,
            ),
        ),
        migrations.RunSQL(ANEW, migrations.RunSQL.noop),
    ]

from django.db import migrations

# The room's triggers were put in place here. Now all of them come from crm.common.triggers, after
# every `migrate`: a later migration that rebuilds the table would lose them again.


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0001_sums"),
        ("funnel", "0004_disqualified_is_a_verdict"),
        ("leads", "0003_history_and_saved_views"),
    ]

    operations = [
        migrations.RunSQL(
            "INSERT INTO reports_stalelead (lead_id) SELECT DISTINCT lead_id FROM funnel_stageentry",
            migrations.RunSQL.noop,
        ),
    ]

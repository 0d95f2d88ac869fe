from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("funnel", "0003_first_definition_and_reasons")]

    operations = [
        migrations.AlterField(
            model_name="verdict",
            name="kind",
            field=models.CharField(
                choices=[
                    ("accepted", "Accepted"),
                    ("rejected", "Rejected"),
                    ("recycled", "Recycled"),
                    ("disqualified", "Disqualified"),
                    ("won", "Won"),
                    ("lost", "Lost"),
                ],
                max_length=12,
            ),
        ),
    ]

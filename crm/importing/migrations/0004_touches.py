from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("importing", "0003_marketing_kinds")]

    operations = [
        migrations.AlterField(
            model_name="import",
            name="kind",
            field=models.CharField(
                choices=[
                    ("leads", "Leads"),
                    ("deals", "Deals"),
                    ("spend", "Spend of campaigns"),
                    ("metrics", "Weekly numbers of channels"),
                    ("touches", "Touches of leads"),
                ],
                max_length=10,
            ),
        ),
    ]

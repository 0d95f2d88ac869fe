from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("negotiation", "0002_day")]

    operations = [
        migrations.AlterField(
            "entry",
            "day",
            models.DateField(help_text="Of the offer: the same in every time zone"),
        ),
        migrations.AlterField(
            "entry", "at", models.DateTimeField(help_text="Its place in the timeline")
        ),
    ]

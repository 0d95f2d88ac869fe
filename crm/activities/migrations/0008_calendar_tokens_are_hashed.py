"""Calendar addresses are kept as digests. Those that are in use go on working."""

import hashlib

from django.db import migrations, models


def hash_tokens(apps, schema_editor):
    for feed in apps.get_model("activities", "CalendarFeed").objects.all():
        feed.digest = hashlib.sha256(feed.digest.encode()).hexdigest()
        feed.save(update_fields=["digest"])


class Migration(migrations.Migration):
    dependencies = [("activities", "0007_guest_answers")]

    operations = [
        migrations.RenameField("calendarfeed", "token", "digest"),
        migrations.AlterField(
            "calendarfeed",
            "digest",
            models.CharField(help_text="SHA-256 of the token", max_length=64, unique=True),
        ),
        migrations.RunPython(hash_tokens, migrations.RunPython.noop),
    ]

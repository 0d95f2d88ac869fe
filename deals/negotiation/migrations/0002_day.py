"""An offer is of a day, which no time zone moves; its moment only orders the timeline."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.db.models.functions import TruncDate


def fill(apps: Any, schema_editor: Any) -> None:
    """Take the days by the organisation's calendar."""
    stored = apps.get_model("users", "Organisation").objects.filter(pk=1).first()
    zone = ZoneInfo(stored.time_zone if stored else "UTC")
    entries = apps.get_model("negotiation", "Entry").objects.filter(day=None)
    entries.update(day=TruncDate("at", tzinfo=zone))


class Migration(migrations.Migration):
    dependencies = [
        ("negotiation", "0001_initial"),
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.AddField("entry", "day", models.DateField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

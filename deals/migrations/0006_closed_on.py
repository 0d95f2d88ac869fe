"""The day on which a deal was signed or lost is a day: no time zone moves it any more."""

from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.db.models.functions import TruncDate


def fill(apps: Any, schema_editor: Any) -> None:
    """Take the days by the organisation's calendar, as reports have counted them."""
    Deal = apps.get_model("deals", "Deal")
    stored = apps.get_model("users", "Organisation").objects.filter(pk=1).first()
    zone = ZoneInfo(stored.time_zone if stored else "UTC")
    closed = Deal.objects.filter(closed_at__isnull=False, closed_on=None)
    closed.update(closed_on=TruncDate("closed_at", tzinfo=zone))


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0005_closes"),
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="deal",
            name="closed_on",
            field=models.DateField(
                blank=True,
                help_text="When it was signed or lost: a day, in every time zone",
                null=True,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

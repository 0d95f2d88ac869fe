"""The name of a follow-up in the calendars of others: random, no longer its number.

Those that are there keep the name under which calendars know them already; otherwise a change of a
meeting would stand beside it, and not in its place.
"""

from django.db import migrations, models
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

import crm.activities.models


def keep_names(apps, schema_editor):
    follow_ups = apps.get_model("activities", "FollowUp").objects
    number = Cast(F("pk"), CharField(max_length=20))
    follow_ups.update(uid=Concat(Value("follow-up-"), number))


class Migration(migrations.Migration):
    dependencies = [("activities", "0004_follow_up_open_by_day")]

    operations = [
        migrations.AddField(
            "followup",
            "uid",
            models.CharField(
                default=crm.activities.models.new_uid,
                help_text="Its name in the calendars of others",
                max_length=60,
            ),
        ),
        migrations.RunPython(keep_names, migrations.RunPython.noop),
    ]

"""Mail says until when its secret link works. Links of earlier mail end after their longest life."""

from datetime import timedelta

from django.db import migrations, models
from django.utils.timezone import now

DAYS = {"invitation:": 7, "password_reset:": 3, "own-address:": 3, "consent:": 14}


def end_links(apps, schema_editor):
    mails = apps.get_model("mailing", "Mail").objects
    for key, days in DAYS.items():
        mails.filter(key__startswith=key).update(link_until=now() + timedelta(days=days))


class Migration(migrations.Migration):
    dependencies = [("mailing", "0004_failed_mail_is_found")]

    operations = [
        migrations.AddField(
            "mail",
            "link_until",
            models.DateTimeField(
                blank=True,
                null=True,
                help_text="When its secret link is void. Empty: it has none, or none any more",
            ),
        ),
        migrations.RunPython(end_links, migrations.RunPython.noop),
    ]

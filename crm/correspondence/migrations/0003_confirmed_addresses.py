"""A user's own address counts once it is confirmed (docs/decisions/0070).

What was typed before proves nothing: such an address waits to be confirmed, and its user is told.
One that is the log-in's own counts on, because an administrator has set that.
"""

from django.db import migrations, models
from django.db.models import Q
from django.utils.timezone import now


def let_claims_wait(apps, schema_editor):
    boxes = apps.get_model("correspondence", "UserMailbox").objects
    notices = apps.get_model("notifications", "Notification").objects
    for box in boxes.exclude(address="").select_related("user").order_by("pk"):
        address = box.address.lower()
        if address == box.user.email:
            boxes.filter(pk=box.pk).update(address=address, confirmed_at=now())
            continue
        boxes.filter(pk=box.pk).update(address="", pending_address=address)
        notices.get_or_create(
            user=box.user,
            key="own-address",
            defaults={
                "kind": "action",
                "title": f"Confirm {address}, please"[:250],
                "body": "Until then your mail leaves by your organisation's server, and mail from"
                " this address is not taken as yours. An administrator can confirm it too.",
                "url": "/profile/mail/",
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("correspondence", "0002_template_names"),
        ("notifications", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            "usermailbox",
            "address",
            models.EmailField(blank=True, default="", help_text="In lower case", max_length=254),
        ),
        migrations.AddField(
            "usermailbox",
            "pending_address",
            models.EmailField(blank=True, default="", help_text="In lower case", max_length=254),
        ),
        migrations.AddField(
            "usermailbox", "asked_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "usermailbox", "confirmed_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "usermailbox",
            "last_error",
            models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AddField(
            "usermailbox", "failed_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunPython(let_claims_wait, migrations.RunPython.noop),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("correspondence", "0003_confirmed_addresses")]

    operations = [
        migrations.AddConstraint(
            "usermailbox",
            models.UniqueConstraint(
                condition=models.Q(("address", ""), _negated=True),
                fields=("address",),
                name="mailbox_address_is_one_users",
            ),
        ),
    ]

from django.db import migrations, models

from crm.common.schema_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("mailing", "0005_secret_links_end")]

    operations = [
        AddIndexConcurrently(
            "mail",
            models.Index(
                fields=["link_until"],
                condition=models.Q(link_until__isnull=False),
                name="mail_with_secret_link",
            ),
        ),
    ]

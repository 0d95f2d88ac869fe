from django.db import migrations, models
from django.db.models import Q

from crm.common.schema_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("mailing", "0007_tests_are_read_by_who_sent_them")]

    operations = [
        AddIndexConcurrently(
            "mail",
            models.Index(
                fields=["asked_by", "-id"],
                condition=Q(asked_by__isnull=False),
                name="mail_by_who_asked",
            ),
        ),
    ]

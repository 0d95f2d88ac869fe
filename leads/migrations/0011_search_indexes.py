from django.db import migrations, models

from crm.common.schema_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0010_names_and_keys_are_written")]

    operations = [
        AddIndexConcurrently(
            "lead", models.Index(fields=["sort_key", "id"], name="lead_by_sort_key")
        ),
        AddIndexConcurrently(
            "company", models.Index(fields=["sort_key", "id"], name="company_by_sort_key")
        ),
    ]

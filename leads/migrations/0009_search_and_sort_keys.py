from django.db import migrations, models

import crm.common.keys
import leads.models


class Migration(migrations.Migration):
    dependencies = [("leads", "0008_given_and_family_names")]

    operations = [
        migrations.RenameField("lead", "search_text", "search_key"),
        migrations.AlterField(
            "lead",
            "search_key",
            models.TextField(
                blank=True,
                default="",
                editable=False,
                help_text="Written by leads.services.search_key.",
            ),
        ),
        migrations.AddField("lead", "sort_key", crm.common.keys.SortKey("name")),
        migrations.RemoveField("company", "search_text"),
        migrations.AddField(
            "company", "search_key", leads.models.CompanyKey("name", "domain", "phone")
        ),
        migrations.AddField("company", "sort_key", crm.common.keys.SortKey("name")),
        migrations.RemoveIndex("lead", "lead_by_name"),
    ]

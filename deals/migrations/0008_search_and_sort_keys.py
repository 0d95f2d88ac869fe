from django.db import migrations

import crm.common.keys
from crm.common.folding import search_key, sort_key

KEYS = "UPDATE deals_deal SET search_key = %s, sort_key = %s WHERE id = %s"


def write_keys(apps, schema_editor):
    rows = apps.get_model("deals", "Deal").objects.values_list("pk", "name")
    keys = [(search_key(name), sort_key(name), pk) for pk, name in rows.iterator(chunk_size=2000)]
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany(KEYS, keys)


class Migration(migrations.Migration):
    dependencies = [("deals", "0007_a_closed_deal_has_its_day"), ("leads", "0009_search_and_sort_keys")]

    operations = [
        migrations.RemoveField("deal", "search_text"),
        migrations.AddField("deal", "search_key", crm.common.keys.SearchKey("name")),
        migrations.AddField("deal", "sort_key", crm.common.keys.SortKey("name")),
        migrations.RunPython(write_keys, migrations.RunPython.noop),
    ]

from django.db import migrations

from deals.quotes import freezing


def install(apps, schema_editor):
    freezing.install(schema_editor.connection)


def remove(apps, schema_editor):
    freezing.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("quotes", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]

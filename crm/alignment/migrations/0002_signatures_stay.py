from django.db import migrations

from crm.alignment import triggers


def install(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("alignment", "0001_promises_and_signatures")]

    operations = [migrations.RunPython(install, remove)]

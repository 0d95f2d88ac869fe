from django.db import migrations


# The room's triggers were put in place here. Now all of them come from crm.common.triggers, after
# every `migrate`: a later migration that rebuilds the table would lose them again.


class Migration(migrations.Migration):
    dependencies = [("quotes", "0001_initial")]

    operations = []

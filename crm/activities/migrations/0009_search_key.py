import crm.common.keys
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('activities', '0008_calendar_tokens_are_hashed'),
    ]

    operations = [
        migrations.AddField(
            model_name='activity',
            name='search_key',
            field=crm.common.keys.SearchKey('text', 'shown', 'place'),
        ),
    ]

import crm.common.keys
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('correspondence', '0006_participants'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='search_key',
            field=crm.common.keys.SearchKey('subject', 'sender_name', 'sender', 'text'),
        ),
    ]

"""The letterhead of marketing mail: postal address, colour and logo of the organisation."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("users", "0002_transfers")]

    operations = [
        migrations.CreateModel(
            name="Logo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                           verbose_name="ID")),
                ("key", models.CharField(help_text="From the SHA-256 of its bytes", max_length=32,
                                         unique=True)),
                ("content_type", models.CharField(max_length=10)),
                ("content", models.BinaryField()),
                ("width", models.PositiveSmallIntegerField(help_text="Pixels")),
                ("height", models.PositiveSmallIntegerField(help_text="Pixels")),
                ("created_at", models.DateTimeField(
                    db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(content_type__in=["image/png", "image/jpeg", "image/gif"]),
                        name="logo_is_a_picture_that_mail_programs_show",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="organisation",
            name="postal_address",
            field=models.TextField(
                blank=True, default="",
                help_text="In every marketing mail; without it none leaves.",
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="mail_colour",
            field=models.CharField(
                blank=True, default="", help_text="#rrggbb. Blank: the usual blue.", max_length=7
            ),
        ),
        migrations.AddField(
            model_name="organisation",
            name="logo",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name="+", to="users.logo",
            ),
        ),
    ]  # fmt: skip

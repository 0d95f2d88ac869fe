from django.db import migrations, models

BATCH = 1000


def measure(apps, schema_editor):
    """Measure what was answered before, by the calendar of today."""
    from crm.users.calendar import business_calendar

    handoffs = apps.get_model("funnel", "Handoff").objects
    answered = handoffs.filter(answered_at__isnull=False, routed_at__isnull=False)
    if not answered.exists():
        return
    calendar, last = business_calendar(), 0
    while batch := list(answered.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for handoff in batch:
            handoff.answer_minutes = calendar.minutes_between(
                handoff.routed_at, handoff.answered_at
            )
        handoffs.bulk_update(batch, ["answer_minutes"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [
        ("funnel", "0005_queue_in_order"),
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="answer_minutes",
            field=models.FloatField(
                blank=True, help_text="Business minutes from routed to answered", null=True
            ),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop),
    ]

from django.db import migrations

STAGES = [  # name, probability, rotting days
    ("New", 10, 14),
    ("Discovery", 25, 14),
    ("Demo", 40, 14),
    ("Proposal", 60, 10),
    ("Negotiation", 80, 10),
]
LOST_REASONS = ["Price", "Chose a competitor", "No budget", "No decision", "Bad timing", "Missing feature", "Other"]


def create(apps, schema_editor):
    pipeline = apps.get_model("deals", "Pipeline").objects.create(name="Sales")
    stage = apps.get_model("deals", "PipelineStage")
    for position, (name, probability, days) in enumerate(STAGES):
        stage.objects.create(
            pipeline=pipeline, name=name, position=position, probability=probability,
            rotting_days=days,
        )
    reason = apps.get_model("deals", "LostReason")
    for position, name in enumerate(LOST_REASONS):
        reason.objects.create(name=name, position=position, note_required=name == "Other")


class Migration(migrations.Migration):
    dependencies = [("deals", "0001_initial")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

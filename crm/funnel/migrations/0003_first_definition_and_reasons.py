from django.db import migrations

REASONS = [
    # name, use, return path, cool-down days, side, note required
    ("Wrong fit", "reject", "close", 0, "targeting", False),
    ("Not interested yet", "reject", "nurture", 30, "scoring", False),
    ("Bad data", "reject", "enrich", 0, "data", False),
    ("Duplicate", "reject", "close", 0, "data", False),
    ("Wrong territory", "reject", "reroute", 0, "routing", False),
    ("No consent", "reject", "nurture", 0, "targeting", False),
    ("Other", "reject", "nurture", 30, "targeting", True),
    ("No budget this year", "recycle", "nurture", 90, "targeting", False),
    ("Bad timing", "recycle", "nurture", 60, "scoring", False),
    ("Could not be reached", "recycle", "nurture", 14, "sales", False),
    ("Other", "recycle", "nurture", 30, "sales", True),
]


def create(apps, schema_editor):
    apps.get_model("funnel", "MqlDefinition").objects.create(
        version=1, threshold=40, required_fields=["email"], note="The definition Tandem starts with."
    )
    reason = apps.get_model("funnel", "Reason")
    for position, (name, use, path, days, side, noted) in enumerate(REASONS):
        reason.objects.create(
            name=name, use=use, return_path=path, cool_down_days=days, side=side,
            note_required=noted, position=position,
        )


class Migration(migrations.Migration):
    dependencies = [("funnel", "0002_ledger_is_append_only")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

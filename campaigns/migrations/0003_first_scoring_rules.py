from django.db import migrations

RULES = [
    dict(name="Decision maker", kind="fit", field="job_title", operator="contains",
         values=["chief", "head", "director", "owner", "founder", "ceo", "cto", "cmo", "vp"], points=15),
    dict(name="50 to 999 people", kind="fit", field="size", operator="in",
         values=["50-249", "250-999"], points=15),
    dict(name="Company known", kind="fit", field="company", operator="set", points=5),
    dict(name="Phone known", kind="fit", field="phone", operator="set", points=5),
    dict(name="Asked for a demo", kind="engagement", touch_kind="demo_request", points=35, cap=50,
         half_life_days=30),
    dict(name="Sent a form", kind="engagement", touch_kind="form", points=15, cap=30,
         half_life_days=30),
    dict(name="Attended a webinar", kind="engagement", touch_kind="webinar", points=15, cap=30,
         half_life_days=30),
    dict(name="Met at an event", kind="engagement", touch_kind="event", points=15, cap=30,
         half_life_days=45),
    dict(name="Downloaded something", kind="engagement", touch_kind="download", points=8, cap=24,
         half_life_days=21),
    dict(name="Clicked in an e-mail", kind="engagement", touch_kind="email_click", points=4, cap=16,
         half_life_days=14),
    dict(name="Visited a page", kind="engagement", touch_kind="page_view", points=1, cap=10,
         half_life_days=7),
]


def create(apps, schema_editor):
    rule = apps.get_model("campaigns", "ScoringRule")
    for position, fields in enumerate(RULES):
        rule.objects.create(position=position, **fields)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_initial")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

import re

from django.db import migrations

AT_ONCE = 2000
LINKS = {"company", "channel", "campaign", "owner", "team"}


def carry(apps, schema_editor):
    """Bring the edits of leads into the one history. What it has noted itself is not told twice."""
    Change = apps.get_model("audit", "Change")
    LeadChange = apps.get_model("leads", "LeadChange")
    using = schema_editor.connection.alias
    lines = LeadChange.objects.using(using).order_by("pk")
    noted = Change.objects.using(using).filter(model="leads.lead").order_by("pk").first()
    if noted is not None:
        lines = lines.filter(at__lt=noted.at)
    last = 0
    while chunk := list(lines.filter(pk__gt=last)[:AT_ONCE]):
        rows = [row for line in chunk for row in rows_of(Change, line)]
        Change.objects.using(using).bulk_create(rows, batch_size=500)
        last = chunk[-1].pk


def rows_of(Change, line):
    if line.field == "consent":
        pairs = consent_of(line)
    elif line.field in LINKS:
        pairs = [(f"{line.field}_id", key(line.old_id), key(line.new_id))]
    else:
        pairs = [(line.field, line.old, line.new)]
    return [
        Change(
            at=line.at, actor_id=line.actor_id, door="earlier", batch=line.batch,
            model="leads.lead", object_id=line.lead_id, act="changed", field=field,
            before=before, after=after,
        )
        for field, before, after in pairs
        if before != after
    ]  # fmt: skip


def key(value):
    return None if value is None else str(value)


def consent_of(line):
    """Its words were “yes (Form Webinar)”, “asked, not confirmed”, “no (by phone)”."""
    said = re.fullmatch(r"(yes|no|True|asked, not confirmed)? ?(?:\((.*)\))?", line.new, re.S)
    word, source = (said[1] or "no", said[2] or "") if said else (line.new, "")
    given = [str(old.startswith(("yes", "True"))).lower() for old in (line.old, word)]
    pairs = [("consent", *given)]
    if word.startswith("asked"):
        pairs.append(("consent_asked_at", None, line.at.isoformat()))
    if source:
        pairs.append(("consent_source", "", source))
    return pairs


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0012_company_search"),
        ("audit", "0003_doors"),
    ]

    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]

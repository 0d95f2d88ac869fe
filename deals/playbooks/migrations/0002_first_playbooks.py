from django.db import migrations

PLAYBOOKS = [
    (
        "Cold call cadence",
        "For a fresh lead that has not been reached yet",
        "leads",
        [
            ("call", "Call: what made them look, and who else is in it", 0),
            ("email", "Write: one sentence why, one question", 1),
            ("call", "Call again, at another time of day", 2),
            ("email", "Write: a customer like them, in three lines", 3),
            ("call", "Last call; if nobody answers, recycle", 5),
        ],
    ),
    (
        "Demo",
        "From the promise of a demo to a decision on the offer",
        "both",
        [
            ("call", "Ask what the demo must show, and who will see it", 0),
            ("email", "Confirm time, people and what will be shown", 1),
            ("demo", "Give the demo", 2),
            ("email", "Send what was shown and the open questions", 1),
            ("call", "Agree on the next step and who decides", 2),
        ],
    ),
    (
        "Negotiation",
        "When the price is on the table",
        "deals",
        [
            ("call", "Hear what must change, and what for", 0),
            ("negotiation", "Make the counter-offer: give only for something in return", 1),
            ("call", "Ask who else must agree", 2),
            ("negotiation", "Final offer with a date", 3),
        ],
    ),
]


def create(apps, schema_editor):
    playbooks = apps.get_model("playbooks", "Playbook").objects
    steps = apps.get_model("playbooks", "PlaybookStep").objects
    for position, (name, about, use, rows) in enumerate(PLAYBOOKS):
        playbook = playbooks.create(name=name, about=about, use=use, position=position)
        for place, (kind, title, days) in enumerate(rows):
            steps.create(
                playbook=playbook, position=place, kind=kind, title=title, delay_days=days
            )


class Migration(migrations.Migration):
    dependencies = [("playbooks", "0001_initial")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

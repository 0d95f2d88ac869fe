from django.db import migrations

CARRY_GIVEN = """
INSERT INTO leads_consent (lead_id, purpose, wording, source, address, asked_at, confirmed_at,
                           proof, withdrawn_source)
SELECT id, 'marketing', '', consent_source, email, COALESCE(consent_at, created_at),
       COALESCE(consent_at, created_at), 'before', ''
FROM leads_lead WHERE consent
"""
CARRY_WITHDRAWN = """
INSERT INTO leads_consent (lead_id, purpose, wording, source, address, asked_at, proof,
                           withdrawn_at, withdrawn_source)
SELECT id, 'marketing', '', '', email, created_at, '', consent_at, consent_source
FROM leads_lead WHERE NOT consent AND consent_at IS NOT NULL
"""
ASKED = """
UPDATE leads_lead SET consent_asked_at = COALESCE(consent_at, created_at) WHERE consent
"""


class Migration(migrations.Migration):
    """What leads had as columns of consent is carried over as records."""

    dependencies = [
        ("leads", "0006_consent_records"),
    ]

    operations = [
        migrations.RunSQL(CARRY_GIVEN, migrations.RunSQL.noop),
        migrations.RunSQL(CARRY_WITHDRAWN, migrations.RunSQL.noop),
        migrations.RunSQL(ASKED, migrations.RunSQL.noop),
    ]

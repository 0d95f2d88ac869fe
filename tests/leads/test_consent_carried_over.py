"""What leads had as columns becomes records, by the very statements of the migration."""

from importlib import import_module

import pytest
from django.db import connection

from leads.models import Consent, Lead
from tests.factories import LeadFactory

migration = import_module("leads.migrations.0007_carry_consent")


@pytest.mark.django_db
def test_consents_of_before_are_carried_over(organisation):
    given = LeadFactory(consent=True, consent_source="Form Spring")
    gone = LeadFactory(consent=True)
    LeadFactory()
    Lead.objects.filter(pk=gone.pk).update(consent=False, consent_source="by phone")
    Lead.objects.update(consent_asked_at=None)
    Consent.objects.all().delete()

    with connection.cursor() as cursor:
        for statement in (migration.CARRY_GIVEN, migration.CARRY_WITHDRAWN, migration.ASKED):
            cursor.execute(statement)

    kept, withdrawn = given.consents.get(), gone.consents.get()
    given.refresh_from_db()
    assert Consent.objects.count() == 2
    assert (kept.state, kept.source, kept.proof) == ("confirmed", "Form Spring", "before")
    assert (withdrawn.state, withdrawn.withdrawn_source) == ("withdrawn", "by phone")
    assert given.consent_asked_at == given.consent_at

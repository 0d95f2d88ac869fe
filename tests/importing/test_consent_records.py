"""Consent of a file leaves records, which the undo takes along."""

import pytest

from crm.importing.undoing import undo
from leads.consents import record_consent
from leads.models import Consent, Lead
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db


def test_consent_of_a_file_is_a_record_that_names_the_file(bring_in):
    source = bring_in(
        "id,name,email,consent\nL1,Ana,ana@example.org,yes\nL2,Bo,bo@example.org,no\n"
    )

    record = Consent.objects.get()
    assert (record.lead.name, record.proof, record.address) == ("Ana", "import", "ana@example.org")
    assert source.file_name in record.source
    assert record.lead.consent


def test_undoing_an_import_takes_the_consent_that_it_gave(bring_in):
    ana = LeadFactory(name="Ana", external_id="L1")
    source = bring_in("id,name,consent\nL1,Ana,yes\nL2,Bo,yes\n")
    assert Consent.objects.count() == 2

    undo(source, actor=None)

    ana.refresh_from_db()
    assert not Consent.objects.exists()
    assert (ana.consent, ana.consent_at, ana.consent_asked_at) == (False, None, None)
    assert Lead.objects.get() == ana


def test_undoing_an_import_gives_back_the_consent_that_it_withdrew(bring_in):
    ana = LeadFactory(name="Ana", external_id="L1")
    record_consent(ana, source="at the fair", actor=None)
    source = bring_in("id,name,consent\nL1,Ana,no\n")
    ana.refresh_from_db()
    assert (ana.consent, ana.consents.get().state) == (False, "withdrawn")

    undo(source, actor=None)

    ana.refresh_from_db()
    assert (ana.consent, ana.consent_source) == (True, "at the fair")

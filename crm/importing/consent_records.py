"""Consent that a file speaks of: its records, written with the leads and taken back with them.

A file is our own people's word for what they were told elsewhere, like a consent entered by hand.
It never gives back what was withdrawn, and ends no unsubscription.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Prefetch

from crm.importing import bulk
from crm.importing.consent_rows import source_of
from crm.importing.models import Import
from leads.consents import DERIVED, derived
from leads.models import Consent, Lead

WRITTEN = (
    "lead_id", "purpose", "source", "address", "asked_at", "confirmed_at", "proof",
    "recorded_by_id", "import_id", "wording", "withdrawn_source",
)  # fmt: skip


def set_columns(lead: Lead, given: bool, *, source: Import, at: datetime) -> None:
    """Give a lead the columns that follow from the record which `write` will write."""
    if given or lead.consent:
        lead.consent_at = at
        lead.consent_source = source_of(source)
    lead.consent_asked_at = at if given else None
    lead.consent = given


def write(source: Import, given: Iterable[Lead], withdrawn: Iterable[int], at: datetime) -> None:
    """Write the records of leads that the file gives consent to, and withdraw others'."""
    records = [
        Consent.given(
            lead, source=source_of(source), at=at, proof=Consent.Proof.IMPORT,
            by=source.created_by_id,
        )
        for lead in given
    ]  # fmt: skip
    for record in records:
        record.import_id = source.pk
    if records:
        bulk.insert_objects(Consent, WRITTEN, records)
    gone = list(withdrawn)
    if gone:
        Consent.objects.open().filter(lead__in=gone).update(
            withdrawn_at=at, withdrawn_source=source_of(source), withdrawn_import_id=source.pk
        )


def take_back(source: Import, leads: Sequence[Lead]) -> None:
    """Drop what the import recorded for `leads`, and derive their columns from what remains."""
    ids = [lead.pk for lead in leads]
    own = Consent.objects.filter(lead__in=ids)
    gone = own.open().filter(import_id=source.pk).delete()[0]
    back = own.filter(withdrawn_import_id=source.pk).update(
        withdrawn_at=None, withdrawn_source="", withdrawn_import_id=None
    )
    if not gone and not back:
        return
    records = Prefetch("consents", queryset=Consent.objects.all())
    stored = list(Lead.objects.filter(pk__in=ids).prefetch_related(records))
    for lead in stored:
        for name, value in derived(list(lead.consents.all())).items():
            setattr(lead, name, value)
    Lead.objects.bulk_update(stored, DERIVED, batch_size=500)

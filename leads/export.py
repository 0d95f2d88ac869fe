"""Leads as a CSV file, in the columns that an import reads back."""

from collections.abc import Iterator
from datetime import datetime

from crm.common.csv_cells import lines
from leads.models import LeadQuerySet

COLUMNS = {
    "id": "pk",
    "name": "name",
    "given_name": "given_name",
    "family_name": "family_name",
    "form_of_address": "form_of_address",
    "email": "email",
    "more_emails": "more_emails",
    "phone": "phone",
    "more_phones": "more_phones",
    "job_title": "job_title",
    "company": "company__name",
    "country": "country",
    "stage": "stage",
    "stage_since": "stage_since",
    "score": "score",
    "channel": "channel__key",
    "campaign": "campaign__name",
    "owner": "owner__name",
    "team": "team__name",
    "consent": "consent",
    "consent_at": "consent_at",
    "consent_source": "consent_source",
    "last_touch_at": "last_touch_at",
    "created_at": "created_at",
    "external_id": "external_id",
    "notes": "notes",
}
"""Column of the file to path from Lead."""


def csv_lines(leads: LeadQuerySet) -> Iterator[str]:
    """Yield the file in pieces, oldest lead first; the rows are read while they are sent."""
    rows = leads.order_by("pk").values_list(*COLUMNS.values()).iterator(chunk_size=2000)
    return lines(COLUMNS, (map(as_text, row) for row in rows))


def as_text(value: object) -> object:
    """Write moments in UTC as ISO 8601, yes and no as words."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value

"""What people wrote in a form, on the record of the lead that it made or belongs to."""

from datetime import datetime

from campaigns.capture.models import Submission
from crm.activities.timeline import Item
from leads.models import Lead

FITS = 120
"""Characters of a message that surely stand whole in the detail of its touch."""


def on_timeline(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return the messages that are too long for their touch (crm.activities.timeline.Fetch)."""
    rows = Submission.objects.filter(lead=lead, spam="").select_related("form")
    if before is not None:
        rows = rows.filter(at__lte=before)
    return [
        Item(
            at=row.at,
            key=f"form-message-{row.pk}",
            title=f"Wrote in “{row.form.name}”",
            icon="message",
            who=str(row.values.get("name", "")),
            tone="marketing",
            text=row.values["message"],
        )
        for row in rows.order_by("-at", "-pk")[:limit]
        if len(row.values.get("message", "")) > FITS
    ]

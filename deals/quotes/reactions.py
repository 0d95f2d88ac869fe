"""What quotes tell the rooms below: the timeline of a lead, and the exit criteria of stages."""

from datetime import datetime

from crm.activities.timeline import Item
from crm.common import formats
from deals.models import Deal
from deals.quotes.models import Quote
from leads.models import Lead


def acceptances_of_lead(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return the quotes that the lead accepted, latest first; their sending is an activity."""
    rows = Quote.objects.filter(deal__lead=lead, accepted_at__isnull=False)
    until = rows.filter(accepted_at__lte=before) if before else rows
    return [item(quote) for quote in until.order_by("-accepted_at", "-pk")[:limit]]


def item(quote: Quote) -> Item:
    assert quote.accepted_at is not None
    return Item(
        at=quote.accepted_at,
        key=f"quote-accepted-{quote.pk}",
        title=f"Quote {quote} accepted",
        icon="check",
        who=quote.accepted_name,
        tone="won",
        text=formats.money(quote.total_minor, quote.currency),
        url=quote.get_absolute_url(),
    )


def has_sent(deal: Deal) -> bool:
    return Quote.objects.filter(deal=deal).public().exists()


def has_accepted(deal: Deal) -> bool:
    return Quote.objects.filter(deal=deal, state=Quote.State.ACCEPTED).exists()

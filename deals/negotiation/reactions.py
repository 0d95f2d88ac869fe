"""What negotiations tell the timeline of a lead."""

from datetime import datetime

from crm.activities.timeline import Item
from crm.common import formats
from crm.common.links import link
from deals.negotiation.models import Entry
from leads.models import Lead


def entries_of_lead(lead: Lead, before: datetime | None, limit: int) -> list[Item]:
    """Return the offers in all deals with a lead, latest first."""
    rows = Entry.objects.filter(deal__lead=lead)
    until = rows.filter(at__lte=before) if before else rows
    return [item(entry) for entry in until.select_related("by", "deal")[:limit]]


def item(entry: Entry) -> Item:
    ours = entry.side == Entry.Side.US
    amount = entry.amount_minor
    price = f": {formats.money(amount, entry.currency)}" if amount is not None else ""
    return Item(
        at=entry.at,
        key=f"negotiation-{entry.pk}",
        title=f"{'Offer' if ours else 'Counter-offer'}{price}",
        icon="arrows-exchange",
        who=str(entry.by or ""),
        tone="sales" if ours else "handoff",
        text="\n".join(part for part in (entry.terms, given(entry)) if part),
        url=link("negotiation:log", entry.deal_id),
    )


def given(entry: Entry) -> str:
    """Say what was given, and what for."""
    what_for = f" for {entry.in_return}" if entry.in_return else ""
    return f"Given: {entry.concession}{what_for}" if entry.concession else ""

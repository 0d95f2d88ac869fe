"""The negotiation log: entries are written, answered, and summed up to what was given."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from crm.common import formats
from crm.users.models import User
from deals.models import Deal
from deals.negotiation.models import Entry

GIVEN = (Entry.Status.OPEN, Entry.Status.ACCEPTED)
"""A concession that was declined or withdrawn is not on the table any more."""


@dataclass(frozen=True)
class Given:
    """What one side has given in one deal and currency.

    accepted, open: minor units of concessions that stand, and that are offered only
    unpriced: concessions of either kind without a stated worth
    """

    side: str
    currency: str
    accepted: int
    open: int
    unpriced: int

    @property
    def is_ours(self) -> bool:
        return self.side == Entry.Side.US

    @property
    def note(self) -> str:
        """What else is on the table, in words."""
        offered = f"{formats.money(self.open, self.currency)} more offered" if self.open else ""
        unpriced = f"{self.unpriced} without a stated worth" if self.unpriced else ""
        return ", ".join(part for part in (offered, unpriced) if part)


@transaction.atomic
def log_entry(deal: Deal, *, actor: User, **values: Any) -> Entry:
    """Write down an offer or counter-offer."""
    return Entry.objects.create(deal=deal, by=actor, **values)


@transaction.atomic
def edit_entry(entry: Entry, **values: Any) -> Entry:
    """Correct an entry."""
    for field, value in values.items():
        setattr(entry, field, value)
    entry.save(update_fields=list(values))
    return entry


def answer_entry(entry: Entry, status: Entry.Status) -> bool:
    """Say what became of an open entry; False if somebody was first."""
    rows = Entry.objects.filter(pk=entry.pk, status=Entry.Status.OPEN)
    return bool(rows.update(status=status))


def given_in(deal: Deal) -> list[Given]:
    """Sum up the concessions of a deal, by side and currency, ours first."""
    rows = (
        Entry.objects.filter(deal=deal, status__in=GIVEN)
        .exclude(concession="")
        .order_by()
        .values_list("side", "currency", "status")
        .annotate(Sum("concession_minor"), Count("pk"), Count("concession_minor"))
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for side, currency, status, minor, number, priced in rows:
        kept = found.setdefault((side, currency), {"accepted": 0, "open": 0, "unpriced": 0})
        kept[status] += minor or 0
        kept["unpriced"] += number - priced
    ours_first = sorted(found.items(), key=lambda row: (row[0][0] != Entry.Side.US, row[0][1]))
    return [Given(side, currency, **sums) for (side, currency), sums in ours_first]

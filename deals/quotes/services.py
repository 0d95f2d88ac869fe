"""What happens to a quote: it is made, written, approved, sent, accepted.

Every step is one conditional UPDATE on state and revision that only one caller can win. What a
quote comes to is computed here alone, by `deals.quotes.totals`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.timezone import localdate

from crm.users.models import Organisation, User
from deals.models import Deal
from deals.quotes.models import Product, Quote, QuoteLine, QuoteSettings
from deals.quotes.totals import Totals

State = Quote.State
IN_THE_MAKING = (State.DRAFT, State.WAITING, State.APPROVED)
FACTS = {"currency", "discount_percent", "discount_minor", "valid_until", "customer", "terms"}
"""What of a draft is written besides its lines."""


class QuoteRefused(ValueError):
    """The quote is not in a state for this, or somebody was first; the message says why."""


class StaleQuote(QuoteRefused):
    """Somebody else saved the draft after it was read."""


@dataclass(frozen=True)
class NewLine:
    """One line as somebody wrote it. price: minor units, maybe with a fraction; None: as listed."""

    text: str
    quantity: Decimal
    price: int | Decimal | None
    product: Product | None = None
    unit: str = ""
    tax_rate: Decimal = Decimal(0)
    discount_percent: Decimal | None = None
    discount_minor: int | None = None


@transaction.atomic
def create_quote(deal: Deal, *, actor: User) -> Quote:
    """Make the next version of a deal's quote: a copy of the last one, or an empty draft.

    Where one is in the making already, that one is returned: there is never a second.
    """
    Deal.objects.select_for_update().only("pk").get(pk=deal.pk)
    deal = Deal.objects.select_related("company", "lead").get(pk=deal.pk)
    versions = Quote.objects.filter(deal=deal)
    present = versions.filter(state__in=IN_THE_MAKING).first()
    if present:
        return present
    last, own = versions.first(), QuoteSettings.get()
    version = (versions.aggregate(last=Max("version"))["last"] or 0) + 1
    quote = Quote.objects.create(
        deal=deal,
        version=version,
        created_by=actor,
        valid_until=today() + timedelta(days=own.valid_days),
        customer=last.customer if last else customer_of(deal),
        terms=last.terms if last else own.terms,
        currency=last.currency if last else deal.currency,
        discount_percent=last.discount_percent if last else None,
        discount_minor=last.discount_minor if last else None,
        net_minor=last.net_minor if last else 0,
        total_minor=last.total_minor if last else 0,
    )
    if last:
        copy_lines(last, quote)
    return quote


def today() -> date:
    """Return the day where the organisation is: a quote is valid by its calendar."""
    return localdate(timezone=Organisation.get().zone)


def customer_of(deal: Deal) -> str:
    """Return whom a quote is for, line by line: the company, and its person."""
    parts = [str(deal.company) if deal.company else "", str(deal.lead)]
    if deal.company and deal.company.country:
        parts.append(str(getattr(deal.company.country, "name", "")))
    return "\n".join(part for part in parts if part)


def copy_lines(old: Quote, new: Quote) -> None:
    """Copy the lines as they were agreed, beside what the price list asks today."""
    lines = list(old.lines.select_related("product").prefetch_related("product__prices"))
    for line in lines:
        line.pk, line.quote = None, new
        listed = list_price(line.product, new.currency)
        line.list_minor = listed if names_product(line.text, line.product) else None
    QuoteLine.objects.bulk_create(lines)


@transaction.atomic
def write_draft(
    quote: Quote, facts: dict[str, Any], lines: Sequence[NewLine], *, revision: int
) -> Quote:
    """Write a draft's facts (see FACTS) and its lines, and what they come to.

    revision: as the caller saw it
    Raises StaleQuote if it is not the present one, QuoteRefused for what is no draft.
    """
    unknown = facts.keys() - FACTS
    if unknown:
        raise KeyError(f"not to be written: {unknown}")
    drafts = Quote.objects.filter(pk=quote.pk, state=State.DRAFT, revision=revision)
    if not drafts.update(revision=F("revision") + 1, **facts):
        refuse(quote, revision)
    quote.lines.all().delete()
    quote.refresh_from_db()
    QuoteLine.objects.bulk_create(
        [line_of(quote, place, line) for place, line in enumerate(lines, start=1)]
    )
    sums = quote.totals()
    Quote.objects.filter(pk=quote.pk).update(net_minor=sums.net, total_minor=sums.total)
    quote.net_minor, quote.total_minor = sums.net, sums.total
    return quote


def line_of(quote: Quote, place: int, line: NewLine) -> QuoteLine:
    """Return the line, not yet saved; the price list says what was left out."""
    listed = list_price(line.product, quote.currency)
    product = line.product
    text = line.text or (product.name if product else "")
    return QuoteLine(
        quote=quote,
        position=place,
        product=product,
        text=text,
        unit=line.unit or (product.unit if product else ""),
        quantity=line.quantity,
        price_minor=line.price if line.price is not None else listed or 0,
        list_minor=listed if names_product(text, product) else None,
        discount_percent=line.discount_percent,
        discount_minor=line.discount_minor,
        tax_rate=line.tax_rate,
    )


def names_product(text: str, product: Product | None) -> bool:
    """True if the words of a line say the product's name: else its list price says nothing.

    A cheap product with other words beside it would pass any discount.
    """
    return product is not None and folded(product.name) in folded(text)


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def list_price(product: Product | None, currency: str) -> Decimal | None:
    """Return what the price list asks for a unit, None where it does not say."""
    if product is None:
        return None
    price = next((p for p in product.prices.all() if p.currency == currency), None)
    return price.amount_minor if price else None


def refuse(quote: Quote, revision: int | None = None) -> None:
    """Raise what explains why the quote could not be written."""
    fresh = Quote.objects.get(pk=quote.pk)
    if revision is not None and fresh.state == State.DRAFT:
        raise StaleQuote(f"Somebody else saved {fresh} meanwhile.")
    raise QuoteRefused(f"{fresh} is {fresh.get_state_display().lower()}.")


def turn(quote: Quote, *old: str, to: str, **values: Any) -> None:
    """Take a quote from one of the states `old` to another. Raises QuoteRefused otherwise."""
    rows = Quote.objects.filter(pk=quote.pk, state__in=old)
    if not rows.update(state=to, **values):
        refuse(quote)
    quote.state = to
    for field, value in values.items():
        setattr(quote, field, value)


def approval_reasons(quote: Quote, sums: Totals) -> list[str]:
    """Return why a manager must be asked; nothing if not, or if one has said yes."""
    if quote.state == State.APPROVED:
        return []
    return QuoteSettings.get().limit().reasons(sums, quote.currency)


@transaction.atomic
def discard(quote: Quote) -> None:
    """Throw a draft away. Raises QuoteRefused for what is no draft."""
    gone, _ = Quote.objects.filter(pk=quote.pk, state=State.DRAFT).delete()
    if not gone:
        refuse(quote)

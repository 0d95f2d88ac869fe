"""The demo company's price list, quotes in every state, and what was negotiated."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils.timezone import localdate

from crm.demo.people import Cast
from crm.users.models import Organisation
from deals.models import Deal
from deals.negotiation.models import Entry
from deals.quotes import services
from deals.quotes.models import Product, Quote, QuoteSettings
from deals.quotes.products import save_product
from deals.quotes.services import NewLine

PRODUCTS = [
    # name, SKU, unit, description, euros a unit, offered
    ("Planner", "PL-SEAT", "user/year", "The planning board, for one person", 588, True),
    ("Viewer", "PL-VIEW", "user/year", "Reads every plan", 120, True),
    ("Onboarding", "SV-ONB", "package", "Set-up, import, two trainings", 2_400, True),
    ("Integration", "SV-DAY", "day", "Work on interfaces, on site or remote", 1_200, True),
    (
        "Premium support",
        "SU-PREM",
        "year",
        "Answer within an hour, by name",
        3_600,
        True,
    ),
    ("Planner Classic", "PL-OLD", "user/year", "No longer sold", 420, False),
]
PRICES = {"EUR": Decimal(1), "GBP": Decimal("0.85"), "CHF": Decimal("0.95"), "JPY": Decimal("1.6")}
"""Minor units of each currency for one cent."""

ADDRESS = """Speicherstraße 14
20457 Hamburg, Germany
VAT DE 312 456 789 · HRB 118 204"""
TERMS = """Licences run for twelve months from the date of acceptance.
Payable within 30 days of the invoice, without deduction."""
STORIES = ("draft", "sent", "waiting", "accepted", "superseded", "approved", "expired")
TALKS = [
    # side, what became of it, share of the amount, terms, what is given, its share, what for
    ("us", "declined", "1.08", "Twelve months, 30 days", "", None, ""),
    ("them", "declined", "0.85", "Wants 15 % off, 60 days", "", None, ""),
    ("us", "accepted", "1.00", "Twelve months, 30 days", "Onboarding at half price", "0.05",
     "a reference visit in autumn"),
    ("them", "accepted", "1.00", "Signs for two years", "A second year", None, "the onboarding"),
    ("us", "open", "0.97", "Two years, paid yearly", "3 % off the licences", "0.03",
     "a signature this month"),
]  # fmt: skip


def fill(rng: Random, now: datetime, cast: Cast) -> None:
    """Write products and settings, and for some open deals of each rep a quote and a negotiation.

    Deals of an accepted quote have its net amount.
    """
    QuoteSettings.objects.create(
        pk=1, address=ADDRESS, terms=TERMS, approve_percent=Decimal(10), valid_days=30
    )
    products = [product(*row) for row in PRODUCTS]
    for rep in cast.reps:
        deals = Deal.objects.open().filter(owner=rep, created_at__lt=now - timedelta(days=4))
        chosen = list(deals.select_related("company", "lead", "owner").order_by("created_at"))
        for deal, story in zip(chosen, STORIES, strict=False):
            tell(rng, now, deal, story, products)
        Entry.objects.bulk_create(
            entry
            for place, deal in enumerate(chosen[:4])
            for entry in talks(rng, now, deal, count=len(TALKS) - place)
        )


def product(name: str, sku: str, unit: str, description: str, euros: int, offered: bool) -> Product:
    made = Product(
        name=name, sku=sku, unit=unit, description=description, tax_rate=19, is_active=offered
    )
    prices = {code: round(euros * 100 * rate) for code, rate in PRICES.items()}
    return save_product(made, prices | {Organisation.get().currency: euros * 100})


def tell(rng: Random, now: datetime, deal: Deal, story: str, products: list[Product]) -> None:
    """Write the quotes of one deal, up to where its story stands."""
    assert deal.owner is not None
    quote = services.create_quote(deal, actor=deal.owner)
    over = story in ("waiting", "approved")
    lines = lines_for(rng, deal, products, off=Decimal(15 if over else rng.choice([0, 5])))
    terms = {"customer": f"{services.customer_of(deal)}\nPurchasing"}
    services.write_draft(quote, terms, lines, revision=1)
    made = max(deal.created_at, now - timedelta(days=rng.randrange(3, 12)))
    values: dict[str, object] = {"created_at": made}
    if over:
        values |= {"state": story, "asked_by": deal.owner}
    if story == "approved":
        values |= {"answered_at": now, "approval_note": "A reference customer: fine."}
    if story in ("sent", "accepted", "superseded", "expired"):
        left = made + timedelta(hours=2)
        values |= {"state": "sent", "sent_at": left, "sent_to": deal.lead.email, "seller": ADDRESS}
    if story == "expired":
        values |= {"valid_until": localdate(now) - timedelta(days=1)}
    Quote.objects.filter(pk=quote.pk).update(**values)
    if story == "accepted":
        accept(quote, deal, made + timedelta(days=1))
    if story == "superseded":
        offer_again(now, deal, quote)


def lines_for(rng: Random, deal: Deal, products: list[Product], off: Decimal) -> list[NewLine]:
    """Return lines that come to about the deal's amount."""
    seats, viewers, onboarding, _, support, _ = products
    users = max(3, (deal.amount_minor - 240_000) // 58_800)
    rows = [(seats, Decimal(users), off), (onboarding, Decimal(1), Decimal(0))]
    if rng.random() < 0.5:
        rows.append((viewers, Decimal(users), Decimal(0)))
    if users > 20:
        rows.append((support, Decimal(1), Decimal(0)))
    return [
        NewLine("", number, None, item, tax_rate=item.tax_rate, discount_percent=share or None)
        for item, number, share in rows
    ]


def accept(quote: Quote, deal: Deal, at: datetime) -> None:
    quote.refresh_from_db()
    name = str(deal.lead)
    Quote.objects.filter(pk=quote.pk).update(state="accepted", accepted_at=at, accepted_name=name)
    Deal.objects.filter(pk=deal.pk).update(amount_minor=quote.net_minor)


def offer_again(now: datetime, deal: Deal, old: Quote) -> None:
    """Send a second version, that replaces the first."""
    assert deal.owner is not None
    new = services.create_quote(deal, actor=deal.owner)
    Quote.objects.filter(pk=old.pk).update(state="superseded")
    Quote.objects.filter(pk=new.pk).update(
        state="sent", created_at=now - timedelta(hours=20), sent_at=now - timedelta(hours=19),
        sent_to=deal.lead.email, seller=ADDRESS,
    )  # fmt: skip


def talks(rng: Random, now: datetime, deal: Deal, *, count: int) -> list[Entry]:
    """Return the first offers of a negotiation, two days apart, the last of them lately."""
    quote = Quote.objects.filter(deal=deal).first()
    made = []
    for place, (side, status, part, terms, gives, worth, what_for) in enumerate(TALKS[:count]):
        day = localdate(now) - timedelta(days=2 * (count - place))
        noon = datetime.combine(day, time(11, rng.randrange(60)), tzinfo=now.tzinfo)
        made.append(
            Entry(
                deal=deal,
                day=day,
                at=noon,
                side=side,
                status=status,
                currency=deal.currency,
                amount_minor=rounded(deal.amount_minor * Decimal(part)),
                terms=terms,
                concession=gives,
                concession_minor=rounded(deal.amount_minor * Decimal(worth)) if worth else None,
                in_return=what_for,
                quote=quote if side == "us" else None,
                by=deal.owner,
            )
        )
    return made


def rounded(minor: Decimal) -> int:
    """Return an amount as people say it: whole tens."""
    return round(minor / 1000) * 1000

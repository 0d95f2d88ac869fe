"""A quote as a PDF that a customer would accept, set by typst. Words and sums go in as data."""

import json
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst
from django.utils.timezone import localdate

from crm.common import formats
from crm.users.models import Organisation
from deals.quotes.models import Quote, QuoteLine, QuoteSettings
from deals.quotes.prices import show_price
from deals.quotes.totals import Discount, Totals

SOURCE = Path(__file__).with_name("quote.typ")
FONTS = [
    "Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Thai",
    "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Georgian",
    "Noto Sans Armenian", "Noto Sans Khmer", "DejaVu Sans",
]  # fmt: skip
"""Tried in this order for every character; what none of them has, any other font may."""


@cache
def font_folders() -> list[Path]:
    """Return where the packaged fonts lie."""
    specs = [find_spec(name) for name in ("manimgx_fonts", "manimgx_fonts_cjk")]
    return [Path(spec.origin).parent for spec in specs if spec and spec.origin]


def render(quote: Quote) -> bytes:
    """Return the PDF of a quote as it stands; a draft says that it is one."""
    made: Any = typst.compile(
        SOURCE,
        font_paths=font_folders(),
        sys_inputs={"quote": json.dumps(content(quote), default=str)},
    )
    return bytes(made)


def content(quote: Quote) -> dict[str, Any]:
    """Return all that the PDF says."""
    sums, lines = quote.totals(), list(quote.lines.all())
    name = Organisation.get().name
    return {
        "fonts": FONTS,
        "title": f"{quote.number} {name}",
        "organisation": name,
        "address": seller_of(quote),
        "number": quote.number,
        "customer": quote.customer,
        "heading": f"Quote {quote.number}",
        "mark": "" if quote.sent_at or quote.state == Quote.State.APPROVED else "Draft",
        "facts": facts(quote),
        "columns": ["", "Description", "Quantity", "Unit price", "Discount", "Tax", "Amount"],
        "lines": [
            told(line, net, quote.currency) for line, net in zip(lines, sums.lines, strict=True)
        ],
        "sums": sum_rows(quote, sums),
        "total": [f"Total in {quote.currency}", formats.money(sums.total, quote.currency)],
        "terms": quote.terms,
        "words": {"to": "For", "terms": "Terms"},
        "closing": f"Valid until {formats.day(quote.valid_until)}. Amounts in {quote.currency}.",
    }


def seller_of(quote: Quote) -> str:
    """Return our address: of a sent quote as it was, else as the settings say it."""
    return quote.seller if quote.sent_at else QuoteSettings.get().address


def facts(quote: Quote) -> list[tuple[str, str]]:
    found = [("Number", quote.number)]
    made = localdate(quote.sent_at or quote.created_at, Organisation.get().zone)
    found.append(("Date", formats.day(made)))
    found.append(("Valid until", formats.day(quote.valid_until)))
    if quote.deal.owner:
        found.append(("Your contact", str(quote.deal.owner)))
    return found


def told(line: QuoteLine, net: int, currency: str) -> dict[str, str]:
    """Return one line in words. net: what it comes to"""
    return {
        "place": str(line.position),
        "text": line.text,
        "quantity": f"{plain(line.quantity)} {line.unit}".strip(),
        "price": show_price(line.price_minor, currency),
        "discount": discount_words(line.discount, currency),
        "tax": f"{plain(line.tax_rate)} %",
        "net": formats.money(net, currency),
    }


def discount_words(discount: Discount, currency: str) -> str:
    """Write a discount: “10 %”, “€50.00”, "" for none."""
    if discount.percent:
        return f"{plain(discount.percent)} %"
    return formats.money(discount.amount, currency) if discount.amount else ""


def plain(value: Decimal) -> str:
    """Write a number with grouping and only the decimals that it needs."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return formats.number(value, max(0, -int(exponent)))


def sum_rows(quote: Quote, sums: Totals) -> list[tuple[str, str]]:
    """Return the rows above the total: subtotal, discount, net, and the tax of each rate."""
    code = quote.currency
    rows = [("Subtotal", formats.money(sums.subtotal, code))]
    if sums.discount:
        share = f" {plain(quote.discount_percent)} %" if quote.discount_percent else ""
        rows.append((f"Discount{share}", formats.money(-sums.discount, code)))
        rows.append(("Net", formats.money(sums.net, code)))
    for part in sums.taxes:
        if part.rate:
            base = formats.money(part.base, code)
            rows.append((f"Tax {plain(part.rate)} % on {base}", formats.money(part.tax, code)))
    return rows

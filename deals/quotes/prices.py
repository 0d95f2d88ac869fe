"""Unit prices: up to four decimals, more than an amount of their currency has. Pure.

Kept in minor units too, with a fraction: €0.0125 is 1.25.
"""

from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_decimal_symbol

from crm.common.formats import active_locale, major
from crm.common.money import NUMBER, SPACES, NotMoney, exponent, parse_money, split, strip_currency

DECIMALS = 4
LARGEST = 10**11
"""Minor units beyond which a price with a fraction is a slip of the finger."""


def parse_price(text: str, currency: str) -> Decimal:
    """Return the minor units of a unit price; see `parse_money`. Raises NotMoney."""
    digits = SPACES.sub("", strip_currency(text, currency))
    if not NUMBER.fullmatch(digits):
        raise NotMoney("Enter a price, such as 1234.50 or 0.0125.")
    whole, decimals = split(digits, get_decimal_symbol(active_locale()), DECIMALS)
    if len(decimals) > DECIMALS:
        raise NotMoney(f"A unit price has {DECIMALS} decimals at most.")
    if len(decimals) <= exponent(currency):
        return Decimal(parse_money(text, currency))
    minor = Decimal(f"{whole or 0}.{decimals}").scaleb(exponent(currency))
    if minor > LARGEST:
        raise NotMoney("This price is too large.")
    return minor


def amount_of(minor: Decimal | int, currency: str) -> tuple[Decimal, int]:
    """Return a price in the currency's own unit, and how many decimals it is written with."""
    amount = major(minor, currency)
    needed = -int(amount.normalize().as_tuple().exponent)
    return amount, max(exponent(currency), needed)


def write_price(minor: Decimal | int, currency: str) -> str:
    """Write a price for a form field: 1,234.50, 0.0125."""
    amount, digits = amount_of(minor, currency)
    return format_decimal(amount, format=pattern(digits), locale=active_locale())


def show_price(minor: Decimal | int, currency: str) -> str:
    """Write a price with its currency: €1,234.50, €0.0125."""
    amount, digits = amount_of(minor, currency)
    locale = active_locale()
    standard = locale.currency_formats["standard"].pattern
    return format_currency(
        amount,
        currency,
        standard.replace("#,##0.00", pattern(digits)),
        locale=locale,
        currency_digits=False,
    )


def pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def plain_price(minor: Decimal | int, currency: str) -> str:
    """Write a price for a file: 1234.50."""
    amount, digits = amount_of(minor, currency)
    return f"{amount:.{digits}f}"

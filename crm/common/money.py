"""Amounts of money as people type them: read into minor units, written back for a form field.

Pure. How amounts are shown is in `crm.common.formats`.
"""

import re
from decimal import Decimal

from babel.numbers import format_decimal, get_currency_precision, get_decimal_symbol

from crm.common.formats import active_locale, major

CURRENCIES = [
    "EUR", "USD", "GBP", "CHF", "AED", "AUD", "BHD", "BRL", "CAD", "CLP", "CNY", "CZK",
    "DKK", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JOD", "JPY", "KRW", "KWD", "MXN",
    "MYR", "NOK", "NZD", "OMR", "PHP", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TND",
    "TRY", "TWD", "UAH", "VND", "ZAR",
]  # fmt: skip
"""The currencies that a deal may be in, the usual ones first."""

LARGEST = 10**15
"""Minor units beyond which an amount is a slip of the finger."""
MOST_DIGITS = 19
"""Digits of a whole part; of some thousand Python makes no number at all."""

SPACES = re.compile(r"[\s\u00a0\u2009\u202f'’_]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*[.,]?|[.,]\d+")


class NotMoney(ValueError):
    """The text is not an amount of that currency; the message says why."""


def exponent(currency: str) -> int:
    """Return how many decimals a currency has: EUR 2, JPY 0, KWD 3."""
    precision: int = get_currency_precision(currency)
    return precision


def parse_money(text: str, currency: str, decimal: str | None = None) -> int:
    """Return the minor units of an amount such as “1,234.50”, “1.234,50”, “€ 1 234” or “1234”.

    currency: ISO 4217 code; its own symbol or code beside the number is allowed
    decimal: the decimal sign of the reader's language, "." or ","; None takes the active one.
        It decides only where the text itself leaves two readings.

    Raises NotMoney for anything else: no number, a minus, too many decimals, too large.
    """
    digits = SPACES.sub("", strip_currency(text, currency))
    if not NUMBER.fullmatch(digits):
        raise NotMoney("Enter an amount, such as 1234 or 1234.50.")
    whole, cents = split(digits, decimal or get_decimal_symbol(active_locale()), exponent(currency))
    places = exponent(currency)
    if len(whole) > MOST_DIGITS:
        raise NotMoney("This amount is too large.")
    if surplus(cents, places):
        raise NotMoney(f"{currency} has {places or 'no'} decimals.")
    minor: int = int(whole or "0") * 10**places + int(cents[:places].ljust(places, "0") or "0")
    if minor > LARGEST:
        raise NotMoney("This amount is too large.")
    return minor


def strip_currency(text: str, currency: str) -> str:
    """Return the text without one currency sign or its ISO code at either end."""
    bare = text.strip()
    code = re.escape(currency)
    bare = re.sub(rf"^(?:{code}|[^\d\s.,+\-−()a-zA-Z])\s*", "", bare, flags=re.IGNORECASE)
    bare = re.sub(rf"(?:{code}|[^\d\s.,+\-−()a-zA-Z])$", "", bare, flags=re.IGNORECASE)
    return bare.rstrip()


def split(digits: str, decimal: str, places: int) -> tuple[str, str]:
    """Return the whole part and the decimals of digits with dots and commas between them.

    The last sign is the decimal one if it is unlike the others; a single sign is what the
    reader's language says, unless only the other reading makes sense.
    """
    signs = [c for c in digits if c in ".,"]
    if not signs:
        return digits, ""
    last = signs[-1]
    head, _, tail = digits.rpartition(last)
    if len(set(signs)) == 2 and signs.count(last) == 1:
        return ungroup(head), tail
    if len(signs) == 1 and (last == decimal or len(tail) != 3 or not 1 <= len(head) <= 3):
        if last != decimal and surplus(tail, places):
            raise NotMoney("The groups of digits are not complete.")
        return head, tail
    return ungroup(digits), ""


def surplus(decimals: str, places: int) -> bool:
    """Return whether there are too many decimals; zeros say nothing, but three may be a group."""
    return len(decimals) > places and (len(decimals) == 3 or len(decimals.rstrip("0")) > places)


def ungroup(text: str) -> str:
    """Return the digits of a number grouped by one sign; Raises NotMoney if groups are amiss."""
    groups = re.split("[.,]", text)
    signs = {c for c in text if c in ".,"}
    whole = len(groups) == 1 or (
        len(signs) == 1
        and 1 <= len(groups[0]) <= 3
        and len(groups[-1]) == 3
        and all(len(g) in (2, 3) for g in groups[1:-1])
    )
    if not whole:
        raise NotMoney("The groups of digits are not complete.")
    return "".join(groups)


def write_money(minor: int, currency: str) -> str:
    """Write minor units for a form field, in the active language and without a sign: 1,234.50."""
    places = exponent(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    amount: Decimal = major(minor, currency)
    return format_decimal(amount, format=pattern, locale=active_locale())

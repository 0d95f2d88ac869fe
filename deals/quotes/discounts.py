"""A discount as people type it: “10 %”, “12.5%”, or an amount of money. Pure."""

from decimal import Decimal, InvalidOperation

from crm.common.money import NotMoney, parse_money, write_money
from deals.quotes.totals import HUNDRED, Discount


class NotADiscount(ValueError):
    """The text is no discount; the message says why."""


def parse_discount(text: str, currency: str) -> tuple[Decimal | None, int | None]:
    """Return (percent, None), (None, minor units), or twice None for nothing.

    Raises NotADiscount for anything else, below 0 or above 100 %.
    """
    text = text.strip()
    if not text:
        return None, None
    if not text.endswith("%"):
        try:
            return None, parse_money(text, currency)
        except NotMoney as fault:
            raise NotADiscount(f"{fault} Or a share, such as 10 %.") from fault
    try:
        percent = Decimal(text[:-1].strip().replace(",", "."))
    except InvalidOperation as fault:
        raise NotADiscount("Enter a share such as 10 %, or an amount.") from fault
    exponent = percent.as_tuple().exponent
    if not percent.is_finite() or not 0 <= percent <= HUNDRED or int(exponent) < -2:
        raise NotADiscount("A share is 0 to 100 %, with two decimals at most.")
    return percent, None


def write_discount(discount: Discount, currency: str) -> str:
    """Write a discount for a form field."""
    if discount.percent is not None:
        return f"{discount.percent.normalize():f} %"
    return write_money(discount.amount, currency) if discount.amount else ""

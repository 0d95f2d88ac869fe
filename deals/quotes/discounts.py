"""A discount as people type it: a number and its unit, per cent or money. Pure."""

from decimal import Decimal, InvalidOperation

from crm.common.money import NotMoney, parse_money, write_money
from deals.quotes.totals import HUNDRED, Discount

PERCENT, AMOUNT = "percent", "amount"


class NotADiscount(ValueError):
    """The text is no discount; the message says why."""


def parse_discount(
    text: str, currency: str, unit: str = PERCENT
) -> tuple[Decimal | None, int | None]:
    """Return (percent, None), (None, minor units), or twice None for nothing.

    unit: PERCENT or AMOUNT, as chosen beside the number; a sign in the text may only repeat it
    Raises NotADiscount for anything else, below 0 or above 100 %.
    """
    text = text.strip()
    if not text:
        return None, None
    if unit == AMOUNT:
        if text.endswith("%"):
            raise NotADiscount("Choose % beside the number for a share.")
        try:
            return None, parse_money(text, currency)
        except NotMoney as fault:
            raise NotADiscount(str(fault)) from fault
    try:
        percent = Decimal(text.removesuffix("%").strip().replace(",", "."))
    except InvalidOperation as fault:
        message = f"Enter a share such as 10, or choose {currency} beside it for an amount."
        raise NotADiscount(message) from fault
    exponent = percent.as_tuple().exponent
    if not percent.is_finite() or not 0 <= percent <= HUNDRED or int(exponent) < -2:
        raise NotADiscount(
            f"A share is 0 to 100 %, with two decimals at most. For an amount choose {currency}."
        )
    return percent, None


def write_discount(discount: Discount, currency: str) -> tuple[str, str]:
    """Return the number and the unit of a discount for a form field."""
    if discount.percent is not None:
        return f"{discount.percent.normalize():f}", PERCENT
    if discount.amount:
        return write_money(discount.amount, currency), AMOUNT
    return "", PERCENT

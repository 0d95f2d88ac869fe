"""The arithmetic of a quote, in integer minor units of its currency. Pure.

Rounding, everywhere: half up, to one minor unit. In this order:

1. each line: quantity × unit price, rounded; less the line's discount, rounded
2. the total discount, rounded, taken from the sum of the lines
3. that discount is shared out among the tax rates by what each rate's lines come to, by the
   largest remainder, so that the shares add up to it exactly
4. for each tax rate: its lines less its share of the discount, times the rate, rounded
5. the total is the net sum and the taxes added up

No discount is greater than what it is taken from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Discount:
    """A share or an amount that is taken off.

    percent: 0 to 100, None if `amount` says it; amount: minor units
    """

    percent: Decimal | None = None
    amount: int = 0

    def of(self, minor: int) -> int:
        """Return what is taken off `minor`, never more than that."""
        if self.percent is not None:
            return half_up(minor * self.percent / HUNDRED)
        return min(self.amount, minor)


NO_DISCOUNT = Discount()


@dataclass(frozen=True)
class Line:
    """What is sold. unit_price: minor units, maybe with a fraction; list_price: of the price list.

    tax_rate: percent
    """

    quantity: Decimal
    unit_price: int | Decimal
    discount: Discount = NO_DISCOUNT
    tax_rate: Decimal = Decimal(0)
    list_price: int | Decimal | None = None

    @property
    def gross(self) -> int:
        """Quantity × unit price, before any discount."""
        return half_up(self.quantity * self.unit_price)

    @property
    def taken_off(self) -> int:
        return self.discount.of(self.gross)

    @property
    def net(self) -> int:
        """What the line comes to, before the total discount and tax."""
        return self.gross - self.taken_off

    @property
    def at_list(self) -> int:
        """What the price list asks for it; a price above the list's counts as it is."""
        return half_up(self.quantity * max(self.unit_price, self.list_price or 0))


@dataclass(frozen=True)
class TaxSum:
    """The tax of one rate. rate: percent; base: what it is taken of, after all discounts."""

    rate: Decimal
    base: int
    tax: int


@dataclass(frozen=True)
class Totals:
    """What a quote comes to, in minor units.

    lines: the net of each line, in their order; subtotal: their sum
    discount: the total discount; net: subtotal less discount; total: net and tax
    given: all that was taken off the price list, and at_list what that asks for
    unlisted: what the lines without a list price come to, unlisted_lines how many they are
    """

    lines: list[int]
    subtotal: int
    discount: int
    net: int
    taxes: list[TaxSum]
    tax: int
    total: int
    given: int
    at_list: int
    unlisted: int
    unlisted_lines: int

    @property
    def given_percent(self) -> Decimal:
        """The whole discount as a share of the price list, 0 to 100."""
        return HUNDRED * self.given / self.at_list if self.at_list else Decimal(0)


def half_up(amount: Decimal) -> int:
    """Round to whole minor units, a half away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def totals(lines: Sequence[Line], discount: Discount = NO_DISCOUNT) -> Totals:
    """Return what the lines come to, by the order and rounding of this module."""
    nets = [line.net for line in lines]
    subtotal = sum(nets)
    off = discount.of(subtotal)
    taxes = taxes_of(lines, off)
    tax = sum(part.tax for part in taxes)
    net, at_list = subtotal - off, sum(line.at_list for line in lines)
    unlisted = [line.gross for line in lines if line.list_price is None]
    return Totals(nets, subtotal, off, net, taxes, tax, net + tax, at_list - net, at_list,
                  sum(unlisted), len(unlisted))  # fmt: skip


def taxes_of(lines: Sequence[Line], off: int) -> list[TaxSum]:
    """Return the tax of each rate, the highest rate first. off: the total discount."""
    bases: dict[Decimal, int] = {}
    for line in lines:
        bases[line.tax_rate] = bases.get(line.tax_rate, 0) + line.net
    rates = sorted(bases, reverse=True)
    shares = share_out(off, [bases[rate] for rate in rates])
    found = []
    for rate, share in zip(rates, shares, strict=True):
        base = bases[rate] - share
        found.append(TaxSum(rate, base, half_up(base * rate / HUNDRED)))
    return found


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` by `weights` (>= 0) into whole parts that add up to it.

    Each part is its exact share rounded down; what is left over goes, one each, to the parts with
    the largest remainder, the earlier ones first. No part is greater than its weight as long as
    `amount` is not greater than their sum.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return parts

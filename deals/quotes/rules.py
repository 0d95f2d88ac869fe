"""Policy of quotes: which discount needs a manager. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from deals.quotes.totals import Totals


@dataclass(frozen=True)
class Limit:
    """The discount that a rep may give on his own.

    percent: of the price list, None for any; amount: minor units of `currency`, None for any
    """

    percent: Decimal | None
    amount: int | None
    currency: str

    def exceeded(self, sums: Totals, currency: str) -> bool:
        """Say whether a quote in `currency` needs a manager's approval.

        Compared with the price list, so that a lowered price counts as a discount too. In another
        currency the amount cannot be compared: then the percentage decides, and without one every
        discount needs approval.
        """
        if self.percent is not None and sums.given_percent > self.percent:
            return True
        if self.amount is None:
            return False
        if currency == self.currency:
            return sums.given > self.amount
        return self.percent is None and sums.given > 0

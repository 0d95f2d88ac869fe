"""Policy of quotes: what a rep may offer alone, and what needs a manager's approval. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from deals.quotes.totals import Totals

DISCOUNT = "The discount is over the limit."
UNLISTED = "Lines without a list price are over the limit."


@dataclass(frozen=True)
class Limit:
    """What a rep may offer without asking. Approval is on where a discount has a limit.

    percent: of the price list, None for any; amount: minor units of `currency`, None for any
    unlisted: what lines without a list price may come to, minor units of `currency`; 0 for none
        of them at all, None for any
    """

    percent: Decimal | None
    amount: int | None
    currency: str
    unlisted: int | None = 0

    @property
    def is_on(self) -> bool:
        return self.percent is not None or self.amount is not None

    def reasons(self, sums: Totals, currency: str) -> list[str]:
        """Return why a quote in `currency` needs a manager's approval; nothing if it does not."""
        found = []
        if self.discount_exceeded(sums, currency):
            found.append(DISCOUNT)
        if self.is_on and self.unlisted_exceeded(sums, currency):
            found.append(UNLISTED)
        return found

    def discount_exceeded(self, sums: Totals, currency: str) -> bool:
        """Compare with the price list, so that a lowered price counts as a discount too.

        In another currency the amount cannot be compared: then the percentage decides, and
        without one every discount needs approval.
        """
        if self.percent is not None and sums.given_percent > self.percent:
            return True
        if self.amount is None:
            return False
        if currency == self.currency:
            return sums.given > self.amount
        return self.percent is None and sums.given > 0

    def unlisted_exceeded(self, sums: Totals, currency: str) -> bool:
        """Say whether lines come to too much of which nobody can say what was taken off.

        In another currency the limit cannot be compared: then every such line needs approval, as
        with a limit of 0. That holds for one that is given for nothing too.
        """
        if self.unlisted is None or not sums.unlisted_lines:
            return False
        comparable = self.unlisted > 0 and currency == self.currency
        return sums.unlisted > self.unlisted if comparable else True

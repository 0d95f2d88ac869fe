"""The months and quarters that quotas and forecasts are for. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from crm.common.periods import Period, add_months

MONTH, QUARTER = "month", "quarter"
LENGTH = {MONTH: 1, QUARTER: 3}


@dataclass(frozen=True)
class Span:
    """One month or quarter of the organisation's calendar, by its first day."""

    kind: str
    first: date

    @property
    def end(self) -> date:
        """The first day after it."""
        return add_months(self.first, LENGTH[self.kind])

    @property
    def period(self) -> Period:
        return Period(self.first, self.end)

    @property
    def months(self) -> list[date]:
        return [add_months(self.first, n) for n in range(LENGTH[self.kind])]

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def shifted(self, by: int) -> "Span":
        return Span(self.kind, add_months(self.first, by * LENGTH[self.kind]))

    @property
    def key(self) -> str:
        """As in addresses: 2026-11, 2026-Q4."""
        if self.kind == MONTH:
            return f"{self.first:%Y-%m}"
        return f"{self.first.year}-Q{(self.first.month + 2) // 3}"

    def __str__(self) -> str:
        if self.kind == MONTH:
            return f"{self.first:%B %Y}"
        return f"Q{(self.first.month + 2) // 3} {self.first.year}"


def span_of(kind: str, day: date) -> Span:
    """Return the month or quarter in which `day` lies."""
    first = day.replace(day=1)
    return Span(kind, add_months(first, -((first.month - 1) % LENGTH[kind])))


def asked(kind: str, key: str, today: date) -> Span:
    """Return the span that an address asks for; the present one for what is no span.

    key: "2026-11", "2026-Q4", of either kind: the span of `kind` in which it begins
    """
    kind = kind if kind in LENGTH else MONTH
    year, _, part = key.partition("-")
    try:
        number = int(part[1:]) * 3 - 2 if part[:1].upper() == "Q" else int(part)
        first = date(int(year), number, 1)
    except ValueError:
        return span_of(kind, today)
    return span_of(kind, first) if 2000 <= first.year <= 2099 else span_of(kind, today)
